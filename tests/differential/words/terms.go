// Interfaces as terms of unions, one that is a term of itself, and type parameters of which little is known.
package words

import "github.com/miekg/bpf"

type word uint32

type both interface {
	interface {
		~uint32
		step(by word) word
	} | ~uint32
}

type loose interface {
	~word | ~uint32 | ~uint64 | ~word
}

type plain interface{ ~uint8 | ~uint16 }

type either interface{ plain | uint8 | uint8 | comparable }

type circle interface {
	~circle | ~uint16 | ~uint32
}

type stepper interface {
	~uint32
	step(by word) word
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[K, Of]) swap() pair[Of, K] { return pair[Of, K]{} }

func convert[To, From circle](x From) To { return To(x) }

func sum[T circle](x, y T) T { return x + y }

func twice[T stepper](x T) word { return x[1:2].step(x.step(1)) }

func equal[T comparable](a, b T) bool { return a == b }

func (p pair[A, _]) is(key A) bool { return p.key == key && equal(p.key, equal) }

func all[A both, B loose, C either](a A, b B, c C) {}

func third(f func(a uint8) bool) {}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	_ = convert[uint16](uint16(1))
	_ = sum(uint16(1), 2)
	_ = twice(word(1))
	_ = pair[uint8, uint8]{}.is(1)
	third(equal)
	all(uint32(1), uint64(1), uint8(1))
	p := pair[uint8]{}.swap()
	return bpf.XDPAction(p.key)
}
