// A struct with padding is a key: the padding is zero, so that equal keys are one entry.
package structkey

import "github.com/miekg/bpf"

type Caller struct {
	Length uint8
	UID    uint32
	Root   bool
}

var callers = bpf.Hash[Caller, uint64]{MaxEntries: 16}

//bpf:section tracepoint/syscalls/sys_enter_getuid
func OnCall(ctx *bpf.SysEnter) int32 {
	pid, uid := ids()
	if pid == 0 {
		return 0
	}
	key := Caller{Length: 7, UID: uid, Root: uid == 0}
	if count := callers.Lookup(key); count != nil {
		*count += 10
	} else {
		callers.Update(key, 10)
	}
	return 0
}

func ids() (pid, uid uint32) {
	return uint32(bpf.GetCurrentPidTgid() >> 32), uint32(bpf.GetCurrentUidGid())
}

// RUN OnCall syscall=getuid*2
// MAP callers[u8 7, pad 3, u32 $uid, u8 1, pad 3] >= u64 20
// MAP callers[u8 7, pad 3, u32 1, u8 0, pad 3] absent
