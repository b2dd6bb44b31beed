// UDP over IPv4 and IPv6: packets to one port are counted by protocol, those to another are dropped.
package udpports

import (
	"encoding/binary"

	"github.com/miekg/bpf"
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	udp       = 17
)

var seen = bpf.Array[uint64]{MaxEntries: 2}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return bpf.XDPPass
	}
	var at, family int
	switch binary.BigEndian.Uint16(p[12:]) {
	case etherIPv4:
		if len(p) < 14+20 || p[23] != udp {
			return bpf.XDPPass
		}
		header := int(p[14]&0xf) * 4
		if header < 20 {
			return bpf.XDPPass
		}
		at = 14 + header
	case etherIPv6:
		if len(p) < 14+40 || p[20] != udp {
			return bpf.XDPPass
		}
		at, family = 14+40, 1
	default:
		return bpf.XDPPass
	}
	if len(p) < at+8 {
		return bpf.XDPPass
	}
	switch binary.BigEndian.Uint16(p[at+2:]) {
	case 9:
		return bpf.XDPDrop
	case 53:
		if n := seen.Lookup(uint32(family)); n != nil {
			*n++
		}
	}
	return bpf.XDPPass
}

// CLANG <= 1.00
// RUN Filter packet=00*12_0800_45_00*8_11_00*10_0000_0035_00*4 => 2
// RUN Filter packet=00*12_0800_46_00*8_11_00*14_0000_0009_00*4 => 1
// RUN Filter packet=00*12_0800_44_00*8_11_00*14_0000_0009_00*4 => 2
// RUN Filter packet=00*12_0800_45_00*8_06_00*10_0000_0009_00*4 => 2
// RUN Filter packet=00*12_86dd_60_00*5_11_00*33_0000_0035_00*4 => 2
// RUN Filter packet=00*12_86dd_60_00*5_11_00*33_0000_0009_00*4 => 1
// RUN Filter packet=00*12_86dd_60_00*5_11_00*33_0000_0009_00*3 => 2
// RUN Filter packet=00*14 => 2
// MAP seen[u32 0] = u64 1
// MAP seen[u32 1] = u64 1
