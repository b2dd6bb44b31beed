// Directives that have no effect, chains of frames that are too large, pointers that frames can't give back.
package probe

import "github.com/miekg/bpf"

//bpf:noinline
//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 { // ERROR@-2 GB0116 "the kernel calls this function"
	return 0
}

//bpf:noinline
func native() {} // ERROR@-1 GB0116 "no program calls this function"

//bpf:noinline always
func first() uint64 { return bpf.KtimeGetNs() } // ERROR@-1 GB0112 "nothing stands after it"

//bpf:noinline
//bpf:noinline
func second() uint64 { return first() } // ERROR@-1 GB0113 "given twice"

//bpf:noinline
type number uint32 // ERROR@-1 GB0111 "misplaced"

//bpf:section tracepoint/syscalls/sys_enter_close
func OnClose(ctx *bpf.SysEnter) int32 {
	return int32(number(second()))
}
