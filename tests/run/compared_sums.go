// Places of which verifiers know what was compared and nothing else: a sum and not its parts, a number and not what is less.
package p

import "github.com/miekg/bpf"

var table = [3]uint8{1, 2, 3}

//bpf:section xdp
func Array(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	at := uint32(p[0]) | uint32(p[1])<<8
	s := table[(at+at)%4:]
	a := [2]uint8(s)
	return bpf.XDPAction(a[0])*16 + bpf.XDPAction(a[1])
}

//bpf:noinline
func pick(a uint64, b int16, c [1]byte) bpf.XDPAction {
	s := c[:(uint32(b)-uint32(a))%2]
	return bpf.XDPAction(s[uint(b)%uint(len(s)|1)])
}

//bpf:section xdp
func Shorter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	return pick(uint64(p[0]), int16(p[1]), [1]byte{p[2]})
}

//bpf:section xdp
func Packet(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := int(p[0])
	s := p[2:][n/2 : n]
	s[2] = 5
	return bpf.XDPAction(p[7])*16 + bpf.XDPAction(p[8])
}

// RUN Array packet=0001020304050607080910111213 => 18
// RUN Array packet=0101020304050607080910111213 => 0
// RUN Shorter packet=0001020304050607080910111213 => 2
// RUN Shorter packet=0101020304050607080910111213 => 0
// RUN Packet packet=0601020304050607080910111213 => 88
// RUN Packet packet=0801020304050607080910111213 => 117
// RUN Packet packet=ff01020304050607080910111213 => 0
