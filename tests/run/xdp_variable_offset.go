// The place of a byte comes from the packet itself.
package drop

import "github.com/miekg/bpf"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPPass
	}
	header := int(p[14]&0x0f) * 4
	port := 14 + header + 2
	if len(p) < port+2 {
		return bpf.XDPPass
	}
	if uint16(p[port])<<8|uint16(p[port+1]) == 9 {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

// RUN Filter packet=00*14_45_00*21_0009_00*8 => 1
// RUN Filter packet=00*14_45_00*21_0109_00*8 => 2
// RUN Filter packet=00*14_46_00*25_0009 => 1
// RUN Filter packet=00*14_4f_00*25_0009 => 2
// RUN Filter packet=00*14_40_00_0009_00*16 => 1
// RUN Filter packet=00*20 => 2
