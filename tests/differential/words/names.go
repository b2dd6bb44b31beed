// Names and declarations.
package words

import (
	other "encoding/binary"
	"math/bits"
	unused2 "math/bits"
	"sync/atomic"

	"github.com/miekg/bpf"
	"missing/package"
)

import "github.com/miekg/bpf"

const bits = 1

type pair struct {
	first, second uint32
	first         uint8
}

func (p *pair) set(n uint32) { p.first = n }

func (p pair) sum() uint32 { return p.first }

func (p pair) sum() uint32 { return p.second }

type pointer *uint32

func (p pointer) get() uint32 { return 1 }

type itself struct{ inner itself }

type (
	one struct{ other two }
	two struct{ other one }
)

var direct = direct + 1

var (
	around = back
	back   = around
)

var (
	sized  [length]byte
	length = len(sized)
)

const unsized = len(measured{}.bytes)

type measured struct{ bytes [unsized]byte }

type speaker interface{ speak() }

func init() uint32 { return 1 }

func twice(n, n uint32) {}

func hidden() (n uint32) {
	{
		n := n + 1
		_ = n
		return
	}
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var p pair
	var s *speaker
	_ = undefined
	_ = bpf.eagain
	_ = other.Bigendian
	_ = p.third
	_ = p.First
	_ = pair.third
	_ = pair.first
	s.speak()
	_ = pair.set
	_ = pair.sum(p)
	_ = ctx.data
	_ = ctx.dataEnd
	_ = iota
	unused := 1
	p, unused := p, 2
	var p pair
	p.set(unused)
	var q pointer
	q.get()
	(&q).get()
	_ = itself{}
	_ = one{}
	_ = sized
	_ = measured{}
	_ = direct + around
	twice(1, 2)
	_ = hidden()
	_ = bpf
	var v p
	_ = pair
	_ = _
again:
	for {
		break again
	}
again:
	for {
		break again
	}
	return bits
}
