// Constraints with an error in them, and what they say all the same.
package words

import "github.com/miekg/bpf"

type level int32

type number interface{ ~level | ~int64 | ~uint8 }

type reader[T anyone] interface{ read(at int) T }

type strict[T byte] interface{ read(at int) T }

type part struct{ missing }

func first[R reader[T], T any](r R) T { return r.read(0) }

func second[R reader[TX], T any](r R) T { return r.read(0) }

func third[R strict[T], T any](r R) T { return r.read(0) }

func double[S struct{ x, x int }](s S) {
	for range s {
	}
}

func nothing[T ~uint32](x T) T {
	x := 1
	x /= 0
	return x
}

func plain[T number](x T) {}

type swapped[K comparable, V swapped] struct{ key K }

type other[A, B any] struct{ a A }

func (o other[A, B]) swap() B[B, A] { return B[B, A]{} }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	first(&part{})
	second(&part{})
	third(&part{})
	double([]byte{1})
	nothing(uint32(1))
	plain(level(1))
	var s swapped[int, int]
	_ = s
	_ = other[int, int]{}.swap()
	return (*counter)[0](1)
}

type counter uint32
