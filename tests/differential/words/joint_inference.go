// Type arguments of a called function and of generic functions among its arguments are found together.
package words

import "github.com/miekg/bpf"

type (
	level  int32
	handle func(level) level
	counts struct{ n int }
)

type number interface{ ~int32 | ~uint8 }

type stepper interface{ step(int) int }

func (c *counts) step(n int) int { return c.n + n }

type couple[A, B any] struct {
	a A
	b B
}

type twins[T any] = couple[T, T]

func same[T any](x, y T) T { return x }

func only[T number](x T) T { return x }

func apply[A, B any](x A, f func(A) B) B { return f(x) }

func sum[S ~[]E, E number](xs S) (total E) {
	for _, x := range xs {
		total += x
	}
	return total
}

func plain[S ~[]int32, E number](xs S) (total E) { return total }

func first[T number](p twins[T]) T { return p.a }

func make2[K comparable, V any](k K, v V) couple[K, V] { return couple[K, V]{k, v} }

func pointed[T any, P interface {
	*T
	step(int) int
}](x T) P {
	return nil
}

func again[T interface{ step(T) T }](x T) T {
	return again(x)
}

func deeper[T any](x T, n int) {
	if n > 0 {
		deeper(&x, n-1)
	}
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	levels := []level{1, 2}
	same(1, "s")
	same(only, levels)
	first(first)
	plain(levels)
	apply(only, same[level])
	apply(level(1), only)
	apply(levels, sum)
	apply(levels[0], sum)
	make2[int32](1)
	undefined(make2[int32])
	pointed(true)
	pointed(counts{})
	again(&counts{})
	var h handle = make2
	h = only
	h(1, 2)
	only[stepper](1)
	levels[0](1)
	return bpf.XDPPass
}
