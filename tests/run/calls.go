// Functions of their own: few and many words, slices, structs by value, several results, pointers into callers' frames.
package calls

import "github.com/miekg/bpf"

type Pair struct {
	A, B uint64
}

type Odd struct {
	A uint8
	B uint32
	C [3]uint8
}

var total uint32

//bpf:noinline
func mix(a, b uint32) uint32 {
	return a*31 ^ b
}

//bpf:noinline
func quotient(a, b int32) int32 {
	return a / b
}

//bpf:noinline
func wide(a, b uint64) uint64 {
	return a % b
}

//bpf:noinline
func add(n uint32) {
	total += n
}

//bpf:noinline
func many(a uint64, b uint8, p []byte, s Pair, x *uint64, on bool, c int16) (uint64, Pair, bool, int16) {
	if len(p) < 20 {
		return a, s, on, c
	}
	*x += uint64(p[13]) + uint64(b)
	s.A += a / s.B
	return a + uint64(p[12]), s, !on, c - 1
}

//bpf:noinline
func payload(p []byte, skip uint32) []byte {
	if skip > 64 {
		return p
	}
	return p[skip:]
}

//bpf:noinline
func sum(p []uint8) (total uint32) {
	for i := range p {
		total += uint32(p[i])
	}
	return
}

//bpf:noinline
func odd(o Odd) Odd {
	o.A++
	o.B += uint32(o.A)
	o.C[2] = o.C[0]
	return o
}

func (p *Pair) swap() {
	p.A, p.B = p.B, p.A
}

//bpf:noinline
func (p Pair) less() bool {
	p.swap()
	return p.A > p.B
}

//bpf:section xdp
func Small(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 4 {
		return -1
	}
	n := mix(uint32(p[0]), uint32(p[1]))
	return bpf.XDPAction(mix(n, uint32(p[2])) + mix(1, 2))
}

//bpf:section xdp
func Panics(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 4 {
		return -1
	}
	n := quotient(int32(int8(p[0])), int32(p[1]))
	m := wide(uint64(p[2])<<40, uint64(p[3]))
	return bpf.XDPAction(n*1000 + int32(m))
}

//bpf:section xdp
func Many(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 10 {
		return -1
	}
	var x uint64 = 3
	kept := Pair{uint64(p[4]), uint64(p[5])}
	a, s, ok, c := many(700, p[3], p, kept, &x, p[6] != 0, int16(p[7]))
	if ok {
		return bpf.XDPAction(uint32(a+s.A*10+s.B*100+x) + uint32(kept.A))
	}
	return bpf.XDPAction(int32(c))
}

//bpf:section xdp
func Slices(ctx *bpf.XDP) bpf.XDPAction {
	p := payload(ctx.Data(), 14)
	if len(p) < 4 {
		return -1
	}
	var bytes [8]uint8
	for i := range 4 {
		bytes[i] = p[i]
	}
	return bpf.XDPAction(sum(bytes[1:4])*1000 + sum(bytes[:]))
}

//bpf:section xdp
func Structs(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 8 {
		return -1
	}
	o := Odd{A: p[0], B: uint32(p[1]), C: [3]uint8{p[2], 1, 2}}
	twice := odd(odd(o))
	if (Pair{uint64(o.A), uint64(twice.A)}).less() {
		return bpf.XDPAction(twice.B*10000 + uint32(twice.C[2])*100 + uint32(o.C[2]))
	}
	return bpf.XDPAction(twice.A)
}

//bpf:section xdp
func Global(ctx *bpf.XDP) bpf.XDPAction {
	add(5)
	add(total)
	return bpf.XDPAction(total)
}

// RUN Small packet=010203_00*11 => 925
// RUN Panics packet=f905_0007_00*10 => -1000
// RUN Panics packet=0005_0307_00*10 => 6
// RUN Panics packet=0500_0307_00*10 => 0
// RUN Panics packet=0505_0300_00*10 => 0
// RUN Many packet=000000_02_06_03_00_09_00*4_05_0700*8 => 3413
// RUN Many packet=000000_02_06_03_01_09_00*4_05_0700*8 => 8
// RUN Many packet=000000_02_06_00_01_09_00*4_05_0700*8 => 0
// RUN Many packet=000000_02_06_03_01_09_00*5_0700 => 1069
// RUN Slices packet=00*14_01020304 => 9010
// RUN Slices packet=00*14_010203 => -1
// RUN Structs packet=0102030405060708_00*6 => 70302
// RUN Structs packet=ff02030405060708_00*6 => 1
// RUN Global packet=00*14 => 10
