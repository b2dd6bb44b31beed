// Calls, of functions and of what the language has built in.
package words

import (
	"unsafe"

	"github.com/miekg/bpf"
)

type pair struct{ first, second uint32 }

func (p *pair) set(n uint32) { p.first = n }

func value() pair { return pair{} }

func two(a uint32, b uint8) {}

func both() (uint32, uint8) { return 1, 2 }

func three() (uint32, uint8, bool) { return 1, 2, true }

func list(first uint32, rest ...uint8) {}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n := uint32(len(p))
	words := []uint32{1, 2}
	n()
	1()
	value().set(1)
	two(1)
	two(1, 2, 3)
	two(three())
	two(both(), 1)
	list()
	list("s")
	list(1, 2, words...)
	two(words...)
	_ = len(p...)
	_ = len()
	_ = len(p, p)
	_ = cap(n)
	_ = len(n)
	_ = min(true)
	_ = min(n, "s")
	_ = max(n, uint8(1))
	_ = max()
	copy(p)
	copy(p, words)
	copy(n, p)
	copy(p, n)
	_ = append(n, 1)
	_ = append()
	clear(n)
	_ = unsafe.Offsetof(n)
	_ = unsafe.Slice(n, 1)
	_ = new(n)
	_ = new()
	_ = *new(uint32) + *n
	delete(n, 1)
	delete(p)
	_ = make(pair, 1)
	_ = make([]byte)
	_ = make([]byte, 1, 2, 3)
	_ = make([]byte, 3, 1)
	_ = make([]byte, -1)
	_ = make()
	panic()
	return bpf.XDPPass
}
