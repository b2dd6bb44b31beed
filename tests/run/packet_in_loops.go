// In a loop, too, an access at an offset that is no counter has a comparison of its own with the packet's end.
package loops

import "github.com/miekg/bpf"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 80 {
		return bpf.XDPPass
	}
	at := uint(p[40]) | uint(p[47])<<56
	sum := uint32(p[1])
	for i := 0; i < 6; i += 2 {
		if sum ^= 0xff; sum > 7 {
			p[16+at&31] += uint8(i) + p[i]
		}
	}
	return bpf.XDPAction(sum) + bpf.XDPAction(p[16+at&31])
}

// What comes of a division no verifier knows, even of a counter.
//
//bpf:section xdp
func Divided(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 80 {
		return bpf.XDPPass
	}
	sum := 0
	for i := range p[42:46] {
		p[16+(i/3&31)] = p[1]
		sum += int(p[16+i/2])
	}
	return bpf.XDPAction(sum)
}

// RUN Divided packet=00_05_00*78 => 15
// RUN Filter packet=00_09_00*38_05_00*6_ff_00*32 => 252
// RUN Filter packet=07_01_02_00*37_0f_00*39 => 265
