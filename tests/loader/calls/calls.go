// Two programs that call the same functions, which stay functions of their own.
package main

import "github.com/miekg/bpf"

type T struct {
	N uint64
}

//bpf:noinline
func (t *T) add(n uint64) uint64 {
	t.N += n
	return exit(t.N)
}

//bpf:noinline
func exit(n uint64) uint64 {
	return n * 2
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	t := T{N: 4}
	bpf.TracePrintk("opened %d %d\n", t.add(3), t.N)
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnParent(ctx *bpf.SysEnter) int32 {
	bpf.TracePrintk("parent %d\n", exit(5))
	return 0
}
