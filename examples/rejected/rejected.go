// Package rejected uses the result of a lookup without a check: the kernel refuses it, and so does gobpf-lsp.
package rejected

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

// OnOpen forgets that the map may have no entry yet.
//
//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	pid := uint32(bpf.GetCurrentPidTgid() >> 32)
	n := calls.Lookup(pid)
	bpf.TracePrintk("%d\n", *n)
	return 0
}
