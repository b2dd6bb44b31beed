// Types that have no end: one error, and no stack that is gone.
package probe

import "github.com/miekg/bpf"

type alias[T any] = alias[T] // ERROR GB0216 "invalid recursive type: alias refers to itself"

type larger[T any] struct{ next *larger[larger[T]] } // Go looks at it where nothing else is wrong

func itself[T T](a T) {} // ERROR GB0220 "cannot use a type parameter as constraint"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var a alias[uint32]
	_ = a
	var b larger[uint32] // ERROR GB0316 "a type that points to itself"
	b.next = nil
	itself(1)
	return bpf.XDPPass
}
