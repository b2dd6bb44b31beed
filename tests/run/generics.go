// Function values, iterators and generics, as fixtures of the type checker have them.
package generics

import (
	"cmp"

	"github.com/miekg/bpf"
)

type Number interface {
	~int32 | ~int64 | ~uint8
}

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (p Pair[K, V]) Is(key K) bool { return p.Key == key }

func (p *Pair[K, V]) Set(key K, value V) { p.Key, p.Value = key, value }

type Ring[T any] struct {
	items [4]T
	next  uint32
}

func (r *Ring[T]) Push(item T) {
	r.items[r.next%4] = item
	r.next++
}

func largest[T cmp.Ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

func sum[S ~[]E, E Number](items S) (total E) {
	for _, item := range items {
		total += item
	}
	return total + E(1)
}

func each[T any](items []T, f func(T) T) {
	for i, item := range items {
		items[i] = f(item)
	}
}

func pair[K comparable, V any](key K, value V) Pair[K, V] { return Pair[K, V]{key, value} }

type level int32

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	a := largest(int32(1), 2) + largest[int32](3, 4)
	u := largest(uint8(200), uint8(len(ctx.Data())))
	levels := []level{1, 2, 3}
	a += int32(sum(levels))
	each(levels, func(l level) level { return l * 2 })
	p := pair(u, a)
	if p.Is(3) {
		p.Set(4, 5)
	}
	var r Ring[Pair[uint8, int32]]
	r.Push(p)
	return bpf.XDPAction(r.items[0].Value)
}

// RUN Filter packet=00*14 => 13
// RUN Filter packet=00*20 => 13
