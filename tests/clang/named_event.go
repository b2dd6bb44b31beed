// Each call as a record with the caller's name, number and user in a ring buffer; what is lost is counted.
package namedevent

import "github.com/miekg/bpf"

type Event struct {
	PID, TID uint32
	UID, GID uint32
	Comm     [16]byte
}

var (
	events = bpf.RingBuf[Event]{Size: 4096}
	totals = bpf.Array[uint64]{MaxEntries: 2} // sent, lost
)

//bpf:section tracepoint/syscalls/sys_enter_getuid
func OnCall(ctx *bpf.SysEnter) int32 {
	e := events.Reserve()
	if e == nil {
		count(1)
		return 0
	}
	thread, user := bpf.GetCurrentPidTgid(), bpf.GetCurrentUidGid()
	e.PID, e.TID = uint32(thread>>32), uint32(thread)
	e.UID, e.GID = uint32(user), uint32(user>>32)
	bpf.GetCurrentComm(e.Comm[:])
	events.Submit(e)
	count(0)
	return 0
}

func count(what uint32) {
	if n := totals.Lookup(what); n != nil {
		*n++
	}
}

// CLANG <= 1.12
// RUN OnCall syscall=getuid*3
// MAP totals[u32 0] = u64 3
