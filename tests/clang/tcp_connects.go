// TCP connections that are opened, counted by destination: the first packet of one has SYN and no ACK.
package tcpconnects

import (
	"encoding/binary"

	"github.com/miekg/bpf"
)

const (
	etherIPv4 = 0x0800
	tcp       = 6
	syn       = 0x02
	ack       = 0x10
)

type Destination struct {
	Address uint32
	Port    uint16
}

var connects = bpf.Hash[Destination, uint64]{MaxEntries: 4096}

//bpf:section xdp
func Count(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14+20 || binary.BigEndian.Uint16(p[12:]) != etherIPv4 || p[23] != tcp {
		return bpf.XDPPass
	}
	at := 14 + int(p[14]&0xf)*4
	if len(p) < at+20 {
		return bpf.XDPPass
	}
	if p[at+13]&(syn|ack) != syn {
		return bpf.XDPPass
	}
	to := Destination{binary.BigEndian.Uint32(p[30:]), binary.BigEndian.Uint16(p[at+2:])}
	if n := connects.Lookup(to); n != nil {
		*n++
	} else {
		connects.Update(to, 1)
	}
	return bpf.XDPPass
}

// CLANG <= 1.00
// RUN Count packet=00*12_0800_45_00*8_06_00*6_0a000002_0000_01bb_00*9_02_00*6 => 2
// RUN Count packet=00*12_0800_45_00*8_06_00*6_0a000002_0000_01bb_00*9_02_00*6 => 2
// RUN Count packet=00*12_0800_45_00*8_06_00*6_0a000002_0000_01bb_00*9_12_00*6 => 2
// RUN Count packet=00*12_0800_45_00*8_11_00*6_0a000002_0000_01bb_00*9_02_00*6 => 2
// RUN Count packet=00*12_0800_46_00*8_06_00*6_0a000003_00*4_0000_0050_00*9_02_00*6 => 2
// MAP connects[u32 0x0a000002, u16 443, pad 2] = u64 2
// MAP connects[u32 0x0a000003, u16 80, pad 2] = u64 1
