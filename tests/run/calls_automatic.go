// A function that is too big for three copies of itself.
package calls

import "github.com/miekg/bpf"

func work(p []byte, x, y uint32) uint32 {
	if len(p) < 14 {
		return 0
	}
	x = x*31 ^ y + uint32(p[0])
	if x > 7 {
		y += x
	}
	x = x*32 ^ y + uint32(p[1])
	if x > 1007 {
		y += x
	}
	x = x*33 ^ y + uint32(p[2])
	if x > 2007 {
		y += x
	}
	x = x*34 ^ y + uint32(p[3])
	if x > 3007 {
		y += x
	}
	x = x*35 ^ y + uint32(p[4])
	if x > 4007 {
		y += x
	}
	x = x*36 ^ y + uint32(p[5])
	if x > 5007 {
		y += x
	}
	x = x*37 ^ y + uint32(p[6])
	if x > 6007 {
		y += x
	}
	x = x*38 ^ y + uint32(p[7])
	if x > 7007 {
		y += x
	}
	x = x*39 ^ y + uint32(p[8])
	if x > 8007 {
		y += x
	}
	x = x*40 ^ y + uint32(p[9])
	if x > 9007 {
		y += x
	}
	x = x*41 ^ y + uint32(p[0])
	if x > 10007 {
		y += x
	}
	x = x*42 ^ y + uint32(p[1])
	if x > 11007 {
		y += x
	}
	x = x*43 ^ y + uint32(p[2])
	if x > 12007 {
		y += x
	}
	x = x*44 ^ y + uint32(p[3])
	if x > 13007 {
		y += x
	}
	x = x*45 ^ y + uint32(p[4])
	if x > 14007 {
		y += x
	}
	x = x*46 ^ y + uint32(p[5])
	if x > 15007 {
		y += x
	}
	x = x*47 ^ y + uint32(p[6])
	if x > 16007 {
		y += x
	}
	x = x*48 ^ y + uint32(p[7])
	if x > 17007 {
		y += x
	}
	return x + y
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return bpf.XDPPass
	}
	var r uint32
	r = work(p, r, uint32(p[0]))
	r = work(p, r, uint32(p[1]))
	r = work(p, r, uint32(p[2]))
	return bpf.XDPAction(r)
}

// RUN Filter packet=0102030405060708090a0b0c0d0e => 2022514019
