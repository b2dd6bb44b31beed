// Calls are counted by process, and every one is printed.
package counter

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnCall(ctx *bpf.SysEnter) int32 {
	pid := uint32(bpf.GetCurrentPidTgid() >> 32)
	n := uint64(1)
	if count := calls.Lookup(pid); count != nil {
		*count++
		n = *count
	} else {
		calls.Update(pid, n)
	}
	bpf.TracePrintk("pid %d: %d\n", pid, n)
	return 0
}

// RUN OnCall syscall=getppid*3
// MAP calls[u32 $pid] = u64 3
// TRACE "^pid [0-9]+: 1$"
// TRACE "^pid [0-9]+: 3$"
