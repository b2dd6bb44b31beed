// Calls are counted by process.
package counter

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnCall(ctx *bpf.SysEnter) int32 {
	pid := uint32(bpf.GetCurrentPidTgid() >> 32)
	if count := calls.Lookup(pid); count != nil {
		*count++
	} else {
		calls.Update(pid, 1)
	}
	return 0
}

// CLANG <= 0.96
// RUN OnCall syscall=getppid*3
// MAP calls[u32 $pid] = u64 3
