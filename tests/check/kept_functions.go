// Functions that are kept where a call can't tell which of them it reaches: said once, where they are kept.
package probe

import "github.com/miekg/bpf"

type op func(a, b uint64) uint64

var ops = [...]op{ // ERROR GB0304 "kept in a field or an element"
	func(a, b uint64) uint64 { return a + b },
	func(a, b uint64) uint64 { return a ^ b },
}

type handler struct {
	name string
	do   func(x uint64) uint64
}

func twice(f func(uint64) uint64) func(uint64) uint64 {
	return func(x uint64) uint64 { return f(f(x)) }
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	h := handler{"inc", func(x uint64) uint64 { return x + 1 }} // ERROR GB0304 "kept in a field or an element"
	x := h.do(ctx.Args[0])
	x = twice(h.do)(x)
	x = ops[0](x, 1)
	return int32(x)
}
