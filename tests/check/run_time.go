// What Go's run time does for native code, and nobody does in the kernel.
package probe

import (
	"unsafe"

	"github.com/miekg/bpf"
)

var (
	calls   = bpf.Hash[uint32, uint64]{MaxEntries: 8}
	started = bpf.KtimeGetNs() // ERROR GB0313 "not constant"
)

func check() {
	recover() // ERROR GB0317 "recover"
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Heap(ctx *bpf.SysEnter) int32 {
	buf := make([]byte, ctx.NR) // ERROR GB0306 "no heap"
	p := new(uint32)
	return int32(len(buf)) + int32(*p)
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Strings(ctx *bpf.SysEnter) int32 {
	s := "a"
	s += "b" // ERROR GB0308 "put together"
	return int32(len(s))
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Rest(ctx *bpf.SysEnter) int32 {
	defer check()
	println("opened") // ERROR GB0318 "println"
	copied := calls // ERROR GB0320 "calls is a BPF map"
	copied.Update(1, 1) // ERROR GB0320 "copied is a BPF map"
	p := (*int32)(unsafe.Pointer(uintptr(ctx.NR))) // ERROR GB0321 "unsafe"
	c := bpf.NewXDP(nil) // ERROR GB0322 "no kernel half"
	_ = c
	ctx.NR = 1 // ERROR GB0324 "can't be written"
	return *p + int32(started)
}
