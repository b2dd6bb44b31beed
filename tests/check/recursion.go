// The kernel's stack has no room for calls without an end.
package probe

import "github.com/miekg/bpf"

func count(n int32) int32 {
	if n == 0 {
		return 0
	}
	return count(n-1) + 1 // ERROR GB0307 "count is recursive"
}

func even(n uint32) bool {
	return n == 0 || odd(n-1)
}

func odd(n uint32) bool {
	return n != 0 && even(n-1) // ERROR GB0307 "even is recursive"
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	if even(uint32(ctx.NR)) {
		return 1
	}
	return count(3)
}
