// Names and expressions where types stand.
package words

import "github.com/miekg/bpf"

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[_, Of]) of() pair[_, Of] { return p }

type twins[T any] = pair[T, twins]

type number interface{ ~uint8 | ~uint16 }

func convert[To number](n int) To { return To(nil) }

func apply[S ~[]E, E, R any](s S, f func(E) RX) {}

type reader[T any] interface{ read(at int) T }

type part uint8

func (p *part) read(at struct{ items []T }) uint8 { return 1 }

func first[R reader[T], T any](r R) T { return r.read(0) }

var values = struct{ x, x int }[uint64]{}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := pair[int, int]{}
	p.of()
	q := pair[int, uint8]{1, pair[2]}
	pair[K, int]{1, 2} = q
	var t twins[int]
	_ = t
	convert[uint8](1)
	apply([]uint8{1}, func(b uint8) int { return 1 })
	var s part
	first(&s)
	_ = values
	return bpf.XDPPass
}
