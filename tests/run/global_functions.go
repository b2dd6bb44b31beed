// Global functions: verified once for all that their types allow.
package global

import "github.com/miekg/bpf"

type pair struct {
	A, B uint32
	C    uint8
}

var totals [4]uint64

//bpf:global
func mix(a uint8, b int16, c uint64, ok bool) int32 {
	if !ok {
		return -int32(a)
	}
	return int32(a)*3 + int32(b) + int32(c>>60)
}

//bpf:global
func sum(values *[4]uint64, n uint32) uint64 {
	if values == nil {
		return 7
	}
	total := uint64(0)
	for i := range min(n, 4) {
		total += values[i]
	}
	return total
}

// Panics where n is past the end.
//
//bpf:global
func pick(values *[4]uint64, n uint32) uint64 {
	return values[n]
}

//bpf:global
func weigh(p pair, by uint8) uint32 {
	p.A *= uint32(by)
	return p.A + p.B/uint32(p.C)
}

//bpf:global
func (p *pair) set(to uint32) {
	p.B = to
}

//bpf:global
func first(ctx *bpf.XDP) int32 {
	p := ctx.Data()
	if len(p) < 16 {
		return -1
	}
	return int32(p[15]) + helper(int32(p[1]))
}

//bpf:noinline
func helper(n int32) int32 {
	return n * 2
}

//bpf:section xdp
func Numbers(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return 50
	}
	return bpf.XDPAction(mix(p[0], int16(p[1])-int16(p[2]), uint64(p[3])<<56, p[4] != 0))
}

//bpf:section xdp
func Memory(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return 50
	}
	values := [4]uint64{uint64(p[0]), uint64(p[1]), 3, 4}
	totals[1] = sum(&values, uint32(p[2]))
	n := totals[1] + sum(&totals, 2) + sum(nil, 1)
	return bpf.XDPAction(n + pick(&values, uint32(p[3])))
}

//bpf:section xdp
func Structs(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return 50
	}
	x := pair{uint32(p[0]), 100, p[1]}
	n := weigh(x, 3)
	x.set(uint32(p[2]) * 10)
	return bpf.XDPAction(n + weigh(x, 2) + x.A)
}

//bpf:section xdp
func Context(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPAction(first(ctx))
}

// RUN Numbers packet=05_09_02_ff_01_00*11 => 37
// RUN Numbers packet=c8_00_ff_10_01_00*11 => 346
// RUN Numbers packet=c8_00_ff_10_00_00*11 => -200
// RUN Memory packet=05_09_03_02_00*12 => 44
// RUN Memory packet=05_09_ff_00_00*12 => 54
// RUN Memory packet=05_09_03_04_00*12 => 0
// RUN Structs packet=05_09_03_00*13 => 44
// RUN Structs packet=05_00_03_00*13 => 0
// RUN Context packet=05_09_03_00*12_07 => 25
