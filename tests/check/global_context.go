package p

import "github.com/miekg/bpf"

//bpf:global
func number(ctx *bpf.SysEnter) int32 { // ERROR GB0352 "no type of its own"
	return int32(ctx.NR)
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	return number(ctx)
}
