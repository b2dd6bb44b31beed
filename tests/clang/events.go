// Calls of processes with a name, as records in a ring buffer, and counted with those that were lost.
package events

import "github.com/miekg/bpf"

type Event struct {
	PID, UID uint32
	Time     uint64
	Comm     [16]byte
}

var (
	events = bpf.RingBuf[Event]{Size: 4096}
	totals = bpf.Array[uint64]{MaxEntries: 2}
)

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnCall(ctx *bpf.SysEnter) int32 {
	var comm [16]byte
	bpf.GetCurrentComm(comm[:])
	if comm[0] == 0 {
		return 0
	}
	count(0)
	e := events.Reserve()
	if e == nil {
		count(1)
		return 0
	}
	e.PID = uint32(bpf.GetCurrentPidTgid() >> 32)
	e.UID = uint32(bpf.GetCurrentUidGid())
	e.Time = bpf.KtimeGetNs()
	e.Comm = comm
	events.Submit(e)
	return 0
}

func count(what uint32) {
	if n := totals.Lookup(what); n != nil {
		*n++
	}
}

// CLANG <= 0.68
// RUN OnCall syscall=getppid*3
// MAP totals[u32 0] = u64 3
