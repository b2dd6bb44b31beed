// How long system calls take, by powers of two: the start is kept by thread, the count by bucket.
package latency

import "github.com/miekg/bpf"

var (
	starts  = bpf.Hash[uint32, uint64]{MaxEntries: 1024}
	buckets = bpf.Array[uint64]{MaxEntries: 64}
)

func log2(n uint64) uint32 {
	r := uint32(0)
	for shift := uint32(32); shift > 0; shift /= 2 {
		if n>>shift != 0 {
			r, n = r+shift, n>>shift
		}
	}
	return r
}

//bpf:section tracepoint/syscalls/sys_enter_getuid
func OnEnter(ctx *bpf.SysEnter) int32 {
	starts.Update(uint32(bpf.GetCurrentPidTgid()), bpf.KtimeGetNs())
	return 0
}

//bpf:section tracepoint/syscalls/sys_exit_getuid
func OnExit(ctx *bpf.SysExit) int32 {
	thread := uint32(bpf.GetCurrentPidTgid())
	start := starts.Lookup(thread)
	if start == nil {
		return 0
	}
	if n := buckets.Lookup(log2(bpf.KtimeGetNs() - *start)); n != nil {
		*n++
	}
	starts.Delete(thread)
	return 0
}

// CLANG <= 0.63
// RUN OnEnter syscall=getuid*3
