// The options of an IPv4 header, walked one by one: what comes next depends on the packet.
package options

import "github.com/miekg/bpf"

//bpf:section xdp
func Walk(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 || p[12] != 8 || p[13] != 0 {
		return bpf.XDPPass
	}
	end := 14 + int(p[14]&0xf)*4
	at := 34
	for range 10 {
		if at >= end || len(p) < at+2 {
			break
		}
		switch kind := p[at]; kind {
		case 0:
			return bpf.XDPPass
		case 1:
			at++
		case 131, 137: // source routes
			return bpf.XDPDrop
		default:
			length := int(p[at+1])
			if length < 2 {
				return bpf.XDPDrop
			}
			at += length
		}
	}
	return bpf.XDPPass
}

// CLANG <= 0.93
// RUN Walk packet=00*12_0800_45_00*19 => 2
// RUN Walk packet=00*12_0800_47_00*19_01_01_83_07_00*4 => 1
// RUN Walk packet=00*12_0800_47_00*19_44_04_00_00_89_03_00*2 => 1
// RUN Walk packet=00*12_0800_47_00*19_44_04_00_00_00_89_00*2 => 2
// RUN Walk packet=00*12_0800_47_00*19_44_01_00_00_89_03_00*2 => 1
