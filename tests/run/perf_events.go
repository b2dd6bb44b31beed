// A record that is sent from where it lies in a map, by an array for events whose size the loader chooses.
//
// RUN OnGetppid syscall=getppid*2
// MAP sent[u32 0] = u64 2
package probe

import "github.com/miekg/bpf"

type Event struct {
	PID  uint32
	Size uint32
	Text [1024]byte
}

var (
	scratch = bpf.PerCPUArray[Event]{MaxEntries: 1}
	out     = bpf.PerfEventArray[bpf.SysEnter, Event]{}
	sent    = bpf.Array[uint64]{MaxEntries: 1}
)

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnGetppid(ctx *bpf.SysEnter) int32 {
	e := scratch.Lookup(0)
	n := sent.Lookup(0)
	if e == nil || n == nil {
		return 0
	}
	e.PID = uint32(bpf.GetCurrentPidTgid() >> 32)
	e.Size++
	copy(e.Text[:], "getppid")
	out.Output(ctx, *e)
	*n++
	return 0
}
