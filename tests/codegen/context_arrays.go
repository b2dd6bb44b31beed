// Kernels rewrite accesses to the context by their offset: an element at an index that isn't constant is one of a copy.
package probe

import "github.com/miekg/bpf"

//bpf:section tracepoint/syscalls/sys_enter_mmap
func OnCall(ctx *bpf.SysEnter) int32 {
	var sum uint64
	for i := range ctx.Args {
		sum += ctx.Args[i] ^ ctx.Args[3]
	}
	return int32(sum)
}
