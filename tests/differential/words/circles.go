// Types that are made of themselves, and what is known of what is made of these.
package words

import "github.com/miekg/bpf"

type number interface{ ~int32 | ~uint8 }

type pair[A, B, C any] struct {
	first  A
	second B
}

type twins[T any] = pair[T, T]

func sum[T number](p twins[T]) T { return p.first*3 + p.second }

type point [4]box

type box struct {
	point
	corners [3]point
	n       uint64
}

type itself[T any] itself

func (i *itself[T]) value() T { return i.field }

type through[T any] = itself[T]

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	both := pair[int32, int32]{1, 2}
	sum(both)
	var b box
	var q *point
	_ = q.x
	var i itself[int]
	i.value()
	var t through[int]
	_ = t
	return bpf.XDPAction(b.n) + bpf.XDPAction(sum(both))
}
