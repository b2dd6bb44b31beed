// Function values, iterators and generics, as fixtures of the type checker have them.
package iterators

import (
	"iter"

	"github.com/miekg/bpf"
)

func upTo(n int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i := int32(0); i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

type list struct{ items [4]int32 }

func (l *list) all(yield func(int, int32) bool) {
	for i, item := range l.items {
		if !yield(i, item) {
			return
		}
	}
}

func find(l *list, want int32) (int, bool) {
	for i, item := range l.all {
		if item == want {
			return i, true
		}
	}
	return 0, false
}

func grid(n int32) (sum int32) {
outer:
	for x := range upTo(n) {
		for y := range upTo(n) {
			if y > x {
				continue outer
			}
			if x*y > 20 {
				break outer
			}
			if x == 7 {
				return -1
			}
			sum += y
		}
	}
	for range upTo(2) {
		sum++
	}
	return sum
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	l := list{items: [4]int32{1, 2, 3, 4}}
	i, ok := find(&l, 3)
	if !ok {
		return bpf.XDPDrop
	}
	return bpf.XDPAction(i) + bpf.XDPAction(grid(3))
}

// RUN Filter packet=00*14 => 8
// RUN Filter packet=00*20 => 8
