// What is missing is missed where it would stand: at a closing parenthesis or brace, on whatever line.
package words

import "github.com/miekg/bpf"

type pair[A, B any] struct {
	first  A
	second twins
}

type twins[T any] = pair[T, T]

type chain[T any] struct{ next *links[T] }

type links[T any] = chain[T]

type couple[K, V undefined] struct{ K K }

type stack[ok any] struct{ items [8]ok }

func (s *stack[ok]) pop(full bool) (v ok, ok bool) {
	if full {
		return
	}
	return v, true
}

func needs(n [needs(1)]int, f func()) int { return 1 }

func both[T int32, U any](xs []T, f func(T) T) {}

func sum[T any](p twins[T]) T { return p.first }

var total = bpf.Array[counted]{MaxEntries: 2}

func counted() { total.Lookup(0) }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	counted()
	var s stack[int]
	s.pop(true)
	a, b := uint32
	c, d := len
	a, b = counted
	needs(
		[1]int{},
	)
	_ = struct{ x, y int }{
		1,
	}
	_ = uint8(
	)
	_ = len(
	)
	both([]int8{1},
		func(n int8) int8 {
			return n
		})
	both([]int32{1},
		func(n int32) int32 {
			return n
		})
	var l links[int]
	var p couple
	sum(l)
	return bpf.XDPPass
}
