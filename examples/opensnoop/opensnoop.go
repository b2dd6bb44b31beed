// Package opensnoop reports every openat(2) through a ring buffer.
package opensnoop

import "github.com/miekg/bpf"

// Event is one call.
type Event struct {
	PID  uint32
	UID  uint32
	Comm [16]byte // name of the thread that calls
	Path [64]byte // the file to be opened
}

var (
	events  = bpf.RingBuf[Event]{Size: 1 << 18}
	onlyUID = bpf.Const[int64]{Default: -1} // calls of one user only; -1 for all
	dropped uint64
)

// OnOpen reports one call.
//
//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	uid := uint32(bpf.GetCurrentUidGid())
	if want := onlyUID.Get(); want >= 0 && uint32(want) != uid {
		return 0
	}
	e := events.Reserve()
	if e == nil {
		dropped++
		return 0
	}
	e.PID = uint32(bpf.GetCurrentPidTgid() >> 32)
	e.UID = uid
	bpf.GetCurrentComm(e.Comm[:])
	bpf.ProbeReadUserStr(e.Path[:], ctx.Args[1])
	events.Submit(e)
	return 0
}
