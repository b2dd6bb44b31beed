// Names where others stand: type parameters and types of packages with type arguments, methods that are assigned to,
// pointers to constraints, and constants in the place of others.
package words

import (
	"sync/atomic"

	"github.com/miekg/bpf"
)

type number interface{ ~uint8 | ~uint16 }

type outer struct{ n uint32 }

func (o outer) sum(n uint32) uint32 { return o.n + n }

func swap[pair, A any](a A) pair[B, A] { return pair[B, A]{a} }

var counter atomic.Uint32[[23]uint64]

//bpf:noinline
func same(a, b, c, d int) bpf.XDPAction {
	const (
		a = iota
		b
		c uint8 = iota + 254
		d
	)
	return 1
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	n := uint32(1)
	(outer).sum += n
	outer.sum = n
	*number++
	counter.Add(1)
	_ = swap[uint8](n)
	return same(1, 2, 3, 4)
}
