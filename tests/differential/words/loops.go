// Numbers that loops count to, and values with a second that says whether there is one.
package words

import "github.com/miekg/bpf"

//bpf:map hash max_entries=16
var counts = map[uint32]int32{}

type flag bool

func count[T ~int32](x T) T {
	for x = range 3 {
	}
	for x = range int32(4) {
	}
	return x
}

func any3[T any](x T) {
	for x = range 3 {
	}
}

func convert[K comparable](k K) { _ = any(k); _ = interface{ m() }(k) }

func same[T []T](x T) {}

func deep[T interface{ m(interface{ n(by int) int }) }](x T) {}

type method struct{}

func (method) m(x interface{ n(to uint8) }) {}

func none[S ~flag](s S) {
	for range s {
	}
}

func nothing() {}

func taken[T uint8](T int, p *T) { p.x(); var x T = 1 }

var totals = total.Array[uint64]{}

func total() { _ = totals }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var f float64
	for f = range 3 {
	}
	var i int
	for i = range "a" {
	}
	ok := 1
	v, ok := counts[1]
	var yes flag
	v, yes = counts[2]
	_, _ = v, yes
	count(int32(1))
	any3(1)
	convert(1)
	same[int32](1)
	deep(method{})
	none(1)
	nothing(nothing(), 1)
	taken[uint8](1, nil)
	_ = totals
	x := int8(1 << 64 << i)
	if x > 3 {
		panic(1 << 64)
	}
	return bpf.XDPPass
}
