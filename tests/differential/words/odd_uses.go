// Values and types in places where Go looks at less, or at more, than one would think.
package words

import (
	"sync/atomic"

	"github.com/miekg/bpf"
)

type (
	point      struct{ x, y int }
	outer      struct{ point }
	behind     *point
	box[T any] struct{ v T }
	clock      map[uint32]bool
)

var time clock

func (c *clock) tick(n uint32) *clock { return c }

func two() (int, bool) { return 1, true }

func none() {}

func gen[T any](x T) T { return x }

func unnamed[_, T any](x T) bool {
	_, ok := two()
	return ok
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var any1 any = 1
	n := 1
	for none() = range n == 1 {
	}
	for 1.5, n = range 3 {
	}
	for any1 = range -1 {
	}
	recover([]rune)
	recover(undefined)
	switch {
	case any(1):
	}
	_ = bool{n: box}
	_ = make(interface{ ~int }, nil)
	_ = make(map[int]int, 1, 2, 3)
	_ = make(map[int]int, n == 1)
	_ = make([]int, "s")
	_ = new(interface{ ~int })
	func() (string, []int) { return two() }()
	_ = none()[n]
	gen.step = box
	_ = map[undefined]point{n: any1}
	two(), []int{1} = _, 1<<40
	_ = (point).X
	_ = (outer).X
	_ = map[any]*point{any1: {float64(1)}}
	box, n = n == 1
	_ = []behind{{}, {1}}
	var v, w = nil, "s"
	var a, b int = "s", 1
	_ = [-1]int{n, box}
	var c [any(1)]int
	_ = gen["":box]
	gen
	point
	+n
	_ = any1 != 1<<70
	_ = map[interface{ m() }]int{1.0 << n: 1}
	_ = point(n...)
	any1 -= nil
	_ = any1 + 1
	_, n = [1.5]int(3)
	_ = atomic.Uint32{int16(n)}
	time.tick(1).m(2)
	_ = unnamed[int](n)
	return two(n)
}
