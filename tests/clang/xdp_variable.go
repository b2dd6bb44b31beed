// TCP and UDP for the discard service are dropped, wherever the IP header ends.
package drop

import "github.com/miekg/bpf"

const (
	ethernetLength = 14
	protocolTCP    = 6
	protocolUDP    = 17
	discardPort    = 9
)

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < ethernetLength+20 {
		return bpf.XDPPass
	}
	if uint16(p[12])<<8|uint16(p[13]) != 0x0800 {
		return bpf.XDPPass // not IPv4
	}
	if p[23] != protocolTCP && p[23] != protocolUDP {
		return bpf.XDPPass
	}
	header := int(p[ethernetLength]&0x0f) * 4
	if header < 20 {
		return bpf.XDPPass // no such header
	}
	port := ethernetLength + header + 2
	if len(p) < port+2 {
		return bpf.XDPPass
	}
	if uint16(p[port])<<8|uint16(p[port+1]) == discardPort {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

// CLANG <= 0.93
// RUN Filter packet=00*12_0800_45_00*8_11_00*12_0009_00*4 => 1
// RUN Filter packet=00*12_0800_45_00*8_06_00*12_0009 => 1
// RUN Filter packet=00*12_0800_45_00*8_06_00*12_0109 => 2
// RUN Filter packet=00*12_0800_45_00*8_01_00*12_0009 => 2
// RUN Filter packet=00*12_0800_46_00*8_11_00*16_0009 => 1
// RUN Filter packet=00*12_0800_44_00*8_11_00*8_0009_00*4 => 2
// RUN Filter packet=00*12_0800_4f_00*8_11_00*12_0009_00*4 => 2
// RUN Filter packet=00*12_86dd_45_00*8_11_00*12_0009_00*4 => 2
// RUN Filter packet=00*20 => 2
