// What an older kernel lacks.
//
//bpf:kernel 4.8
package probe

import "github.com/miekg/bpf"

var seen = bpf.LRUHash[uint32, uint64]{MaxEntries: 8} // ERROR GB0502 "4.10"

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	seen.Update(1, 1)
	bpf.TracePrintk("%d %d %d %d\n", 1, 2, 3, 4) // ERROR GB0501 "4 arguments"
	return 0
}
