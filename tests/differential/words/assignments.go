// Assignments and returns.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

//bpf:map hash max_entries=16
var pairs = map[uint32]pair{}

var first, second uint32 = 1, 2, 3

var third, fourth = 1

func two() (uint32, bool) { return 1, true }

func value() pair { return pair{} }

func nothing() {}

func few() (uint32, bool) { return 1 }

func many() uint32 { return 1, 2 }

func none() { return 1 }

func bare() uint32 { return }

func wrong() (uint32, bool) { return "s", 1 }

func endless(n uint32) uint32 {
	for n < 3 {
		n++
	}
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	a, b := 1
	c, d := two(), 2
	a, b = 1, 2, 3
	a = two()
	var e, f uint32 = 1
	var g = 1, 2
	a, b, c = two()
	a, b += 1, 2
	a := 1
	n, n := 1, 2
	value().first = 1
	value() = pair{}
	1 = 2
	nothing = two
	"s"[0] = 1
	pairs[1].first = 1
	_ = few()
	_ = many()
	none()
	_ = bare()
	_, _ = wrong()
	_ = endless(1)
	const fixed = 1
	fixed, other := 1, 2
	_ = other
	var h, i, j = 1, 2
	_ = h + i + j + first + second + third + fourth
	true = false
	nil = p
	_ = nothing()
	return bpf.XDPAction(a + b + c + d + e + f + g)
}
