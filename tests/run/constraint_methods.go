// Type arguments that follow from the methods of a constraint, stacks and functions of any element type.
package methods

import "github.com/miekg/bpf"

type reader[T any] interface {
	read(at int) T
}

type bytes4 [4]byte

func (b *bytes4) read(at int) uint8 { return b[at&3] }

type header struct {
	bytes4
	kind uint16
}

func first[R reader[T], T any](r R) T { return r.read(0) }

type stack[T any] struct {
	items [8]T
	top   int
}

func (s *stack[T]) push(v T) bool {
	if s.top >= len(s.items) {
		return false
	}
	s.items[s.top&7] = v
	s.top++
	return true
}

func (s *stack[T]) pop() (v T, ok bool) {
	if s.top == 0 {
		return
	}
	s.top--
	return s.items[s.top&7], true
}

func mapped[S ~[]E, E, R any](s S, f func(E) R) (out [4]R) {
	for i, e := range s {
		if i >= len(out) {
			break
		}
		out[i] = f(e)
	}
	return out
}

//bpf:section xdp
func F(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return bpf.XDPPass
	}
	h := header{bytes4{p[0], p[1]}, 7}
	n := first(&h)
	var s stack[uint16]
	s.push(uint16(n))
	s.push(h.kind)
	v, ok := s.pop()
	if !ok {
		return bpf.XDPDrop
	}
	doubled := mapped([]uint8{1, 2, 3}, func(b uint8) int { return int(b) * 2 })
	return bpf.XDPAction(int(v) + doubled[1])
}

// RUN F packet=05_06_00*12 => 11
// RUN F packet=00*20 => 11
