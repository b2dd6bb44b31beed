// Most of the language in one kernel package, to be changed.
package corpus

import (
	"encoding/binary"
	"math/bits"

	"github.com/miekg/bpf"
)

const (
	ethernet = 14
	least    = ethernet + 20
	flag     = 1 << iota
	another
	big = 1 << 40 / flag
)

type color uint8

const (
	red color = iota
	green
	blue
)

type pair struct {
	a, b uint32
}

type named struct {
	pair
	tag  [4]byte
	next color
	_    uint8
	on   bool
}

type number interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

type box[T number] struct {
	value T
	count int
}

func (b *box[T]) add(n T) T {
	b.value += n
	b.count++
	return b.value
}

func (b box[T]) double() T {
	return b.value * 2
}

func largest[T number](x, y T) T {
	if x > y {
		return x
	}
	return y
}

func convert[To, From number](x From) To {
	return To(x)
}

func (p pair) sum() uint32 {
	return p.a + p.b
}

func (p *pair) swap() {
	p.a, p.b = p.b, p.a
}

func (c color) next() color {
	return (c + 1) % 3
}

var (
	seen   uint64
	table  = [...]uint16{1, 2, 3, 5, 8}
	counts = bpf.Hash[uint32, uint64]{MaxEntries: 64}
	origin = pair{a: 1, b: 2}
)

func divide(x, y uint32) (q, r uint32) {
	if y == 0 {
		return 0, x
	}
	q = x / y
	r = x % y
	return
}

func kind(n uint32) string {
	switch {
	case n < 10:
		return "small"
	case n < 100:
		return "middle"
	default:
		return "large"
	}
}

func apply(n uint32, f func(uint32) uint32) uint32 {
	return f(n)
}

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < least {
		return bpf.XDPPass
	}
	var total uint32
	first, second := uint32(p[0]), uint32(p[1])
	q, r := divide(first, second)
	total += q ^ r
	switch c := color(p[2]); c {
	case red:
		total++
		fallthrough
	case green:
		total -= uint32(c.next())
	case blue:
		total *= 3
	}
outer:
	for i := 0; i < 4; i++ {
		for j := range 3 {
			if i*j == 4 {
				continue outer
			}
			if p[i+j] == 0xff {
				break outer
			}
			total += uint32(i) << j
		}
	}
	n := named{pair: pair{first, second}, tag: [4]byte{0: 1, 3: 2}, on: first > second}
	n.swap()
	total += n.sum() + uint32(n.tag[p[3]%4])
	other := n
	if other == n && !n.on || n.next != red {
		total ^= 0xdeadbeef
	}
	for i, v := range table {
		total += uint32(v) * uint32(i)
	}
	ptr := &total
	*ptr &^= 1
	b := box[uint16]{value: 7}
	b.add(uint16(p[4]))
	total += uint32(b.double()) + uint32(b.count)
	total = largest(total, 10)
	total += convert[uint32](p[5])
	if kind(total) == "small" {
		total++
	}
	total += uint32(bits.OnesCount32(total)) + uint32(binary.BigEndian.Uint16(p[6:8]))
	total = apply(total, func(n uint32) uint32 { return n + first })
	for i := range upTo(3) {
		if i == 2 {
			break
		}
		total += uint32(i)
	}
	if v := counts.Lookup(first); v != nil {
		*v++
		seen += *v
	} else {
		counts.Update(first, uint64(min(total, 5)))
	}
	defer func() { seen++ }()
	if total == 12345 {
		goto end
	}
	total -= origin.b
end:
	return bpf.XDPAction(total & 3)
}
