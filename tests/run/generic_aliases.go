// An instance of a generic alias is the type that it stands for.
package aliases

import "github.com/miekg/bpf"

type number interface{ ~int32 | ~uint8 }

type pair[A, B any] struct {
	first  A
	second B
}

func (p pair[A, B]) swap() pair[B, A] { return pair[B, A]{p.second, p.first} }

type twins[T any] = pair[T, T]

type named[T any] = pair[uint8, T]

func sum[T number](p twins[T]) T { return p.first*3 + p.second }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 1
	}
	both := pair[int32, int32]{int32(p[0]), 2}
	var other twins[uint8] = pair[uint8, uint8]{p[1], p[2]}
	third := named[int32]{p[3], 5}.swap()
	if other == (twins[uint8]{7, 8}) {
		return bpf.XDPAction(third.first)
	}
	return bpf.XDPAction(sum(both) + int32(sum(other)) + third.first)
}

// RUN Filter packet=01_02_03_04_00*10 => 19
// RUN Filter packet=01_07_08_04_00*10 => 5
