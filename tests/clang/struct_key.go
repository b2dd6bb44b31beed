// Calls are counted by process, and by a struct with padding, which is zero in both languages.
package structkey

import "github.com/miekg/bpf"

type Caller struct {
	Length uint8
	UID    uint32
	Root   bool
}

var (
	calls   = bpf.Hash[uint32, uint64]{MaxEntries: 1024}
	callers = bpf.Hash[Caller, uint64]{MaxEntries: 256}
)

//bpf:section tracepoint/syscalls/sys_enter_getuid
func OnCall(ctx *bpf.SysEnter) int32 {
	pid, uid := ids()
	if count := calls.Lookup(pid); count != nil {
		*count++
	} else {
		calls.Update(pid, 1)
	}

	key := Caller{Length: 7, UID: uid, Root: uid == 0}
	if count := callers.Lookup(key); count != nil {
		*count++
	} else {
		callers.Update(key, 1)
	}
	return 0
}

func ids() (pid, uid uint32) {
	return uint32(bpf.GetCurrentPidTgid() >> 32), uint32(bpf.GetCurrentUidGid())
}

// CLANG <= 0.99
// RUN OnCall syscall=getuid*3
// MAP calls[u32 $pid] = u64 3
// MAP callers[u8 7, pad 3, u32 $uid, u8 1, pad 3] >= u64 3
// MAP callers[u8 7, pad 3, u32 1, u8 0, pad 3] absent
