// Type parameters and constraints.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

type named uint32

type number interface{ ~uint8 | ~uint32 }

type exact interface{ uint8 | uint32 }

type summer interface{ sum() uint32 }

type same interface{ comparable }

type box[T any] struct{ value T }

func (b box[uint32]) get() {}

func (b box[[]T]) wrong() {}

type both[K comparable, V any] struct {
	key   K
	value V
}

func (b both[T]) few() {}

type listed interface{ uint8 | comparable }

type spoken interface{ uint8 | summer }

type embedded interface{ uint8 | same }

type tilde interface{ ~named }

type over interface{ ~uint8 | uint8 }

type inner interface{ ~summer }

func largest[T number](a, b T) T {
	if a > b {
		return a
	}
	return b
}

func strict[T exact](a T) T { return a }

func summed[T summer](a T) uint32 { return a.sum() }

func equal[T comparable](a, b T) bool { return a == b }

func unequal[T any](a, b T) bool { return a == b }

func lost[T any](n uint32) T { var zero T; return zero }

func elements[S ~[]E, E number](s S) E { return s[0] }

func pick[K, V any](k K, list []V) K { return k }

func limited(n number) {}

func compared(n same) {}

func tilded[T tilde](a T) {}

func overlapped[T over](a T) {}

func inside[T inner](a T) {}

func unions[A listed, B spoken, C embedded](a A, b B, c C) {}

func itself[T T](a T) {}

func term[T any, U interface{ T }](a T, b U) {}

func tilted[T any, U ~T](a T, b U) {}

func kept[T any](list []T) {}

func repeated[T any, T any](a T) {}

type circle[T number] circle

type ring[T any] struct {
	next  *ring[T]
	items ring[T]
}

type doubled[T any] = ring[T]

type looped interface{ looped }

func (b both[K, K]) same() {}

type hidden counted

type alike uint32

type limit interface{ comparable }

func (b limit) limited() {}

type mover struct{ moved }

type moved struct{ value uint32 }

func (m *moved) move(n uint32) {}

type whole interface{ whole }

func exactly[T alike](a T) {}

func spread[S ~[]missing, E number](s S) (all E) { return }

func ranged[E number](e E) {
	for i := range e {
		_ = i
	}
}

type counted struct{ value [missing]uint32 }

type rounds[T any] = rounds[T, T]

func looping[T looped](a T) { _ = a + a }

func shadowed[T any](a T) {
	T := 300
	_ = T
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n := uint32(len(p))
	_ = pair[uint32]{}
	var a box
	var b box[uint32, uint8]
	var c both[uint32]
	var d both[[]byte, uint32]
	_ = largest[uint8, uint32](1, 2)
	f := largest
	_ = largest.x
	_ = largest("a", "b")
	_ = largest(n, uint8(1))
	_ = largest(n, named(1))
	_ = strict(named(1))
	_ = summed(pair{})
	_ = equal(p, p)
	_ = unequal(n, n)
	_ = lost(1)
	_ = lost[uint32]("s")
	_ = elements(n)
	_ = elements([]string{"s"})
	_ = elements([2]uint8{})
	_ = pick(n, n)
	_ = pick[uint32]("s", p)
	limited(1)
	compared(1)
	tilded(named(1))
	overlapped(uint8(1))
	inside(n)
	repeated(n)
	unions(n, n, n)
	kept(n)
	itself(n)
	term(n, n)
	tilted(n, n)
	both[uint32, uint32]{}.few()
	box[uint32]{}.get()
	box[uint32]{}.wrong()
	_ = (largest)(n, n)
	_ = ~n
	_ = ~missing{}
	shadowed(n)
	var d ring[uint32]
	_ = d.items
	var e circle[uint32]
	_ = e
	var f rounds[uint32]
	_ = f
	unseen := 1
	_ = box(unseen)
	_ = largest(box, doubled)
	looping(n)
	exactly(n)
	_ = spread([]uint32{1})
	ranged(n)
	mover.move(n)
	var g whole
	pick(g, p)
	limit(nil).limited()
	both[uint32, uint32]{}.same()
	return bpf.XDPPass
}
