package p

import "github.com/miekg/bpf"

//bpf:global
func text(ctx *bpf.SysEnter, s string) int32 { // ERROR GB0352 "parameter `s`"
	return int32(len(s))
}

//bpf:global
func many(a, b, c, d, e uint64) uint64 { return a / b } // ERROR GB0352 "more than five"

//bpf:global
func two(a uint64) (uint64, bool) { return a, true } // ERROR GB0352 "one integer or bool"

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	x, _ := two(many(1, 2, 3, 4, 5))
	return text(ctx, "abc") + int32(x)
}
