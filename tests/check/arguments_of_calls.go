// The arguments of a system call that its record has, and those that it has not.
package probe

import "github.com/miekg/bpf"

var seen = bpf.Array[uint64]{MaxEntries: 4}

func count(index uint32, by uint64) {
	if n := seen.Lookup(index); n != nil {
		*n += by
	}
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func All(ctx *bpf.SysEnter) int32 {
	count(0, ctx.Args[0]+ctx.Args[3])
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Fifth(ctx *bpf.SysEnter) int32 {
	count(0, ctx.Args[3]+ctx.Args[4]) // ERROR GB0415 "openat. has 4 arguments.*number 5"
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_close
func Any(ctx *bpf.SysEnter) int32 {
	for i := range 2 {
		count(0, ctx.Args[bpf.GetPrandomU32()%uint32(i+1)]) // ERROR GB0415 "close. has one argument"
	}
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_getpid
func None(ctx *bpf.SysEnter) int32 {
	count(0, uint64(ctx.NR)+ctx.Args[0]) // ERROR GB0415 "no arguments"
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_mmap
func Six(ctx *bpf.SysEnter) int32 {
	count(0, ctx.Args[5])
	return 0
}
