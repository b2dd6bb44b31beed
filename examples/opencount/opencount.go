// Package opencount counts the calls of openat(2) by process, and by user and length of the command's name.
package opencount

import "github.com/miekg/bpf"

// Caller is a key with padding: three bytes after Length, and three after Root.
type Caller struct {
	Length uint8
	UID    uint32
	Root   bool
}

var (
	calls   = bpf.Hash[uint32, uint64]{MaxEntries: 1024}
	callers = bpf.Hash[Caller, uint64]{MaxEntries: 256}
)

// OnOpen counts one call.
//
//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	pid, uid := ids()
	n := uint64(1)
	if count := calls.Lookup(pid); count != nil {
		*count++
		n = *count
	} else {
		calls.Update(pid, 1)
	}

	key := Caller{Length: commLength(), UID: uid, Root: uid == 0}
	if count := callers.Lookup(key); count != nil {
		*count++
	} else {
		callers.Update(key, 1)
	}
	if n%100 == 1 {
		bpf.TracePrintk("pid %d: %d\n", pid, n)
	}
	return 0
}

// ids gives the process and the user that the program runs for.
func ids() (pid, uid uint32) {
	return uint32(bpf.GetCurrentPidTgid() >> 32), uint32(bpf.GetCurrentUidGid())
}

// commLength gives the length of the running command's name.
func commLength() uint8 {
	var comm [16]byte
	bpf.GetCurrentComm(comm[:])
	length := uint8(0)
	for i := 0; i < len(comm); i++ {
		if comm[i] == 0 {
			break
		}
		length++
	}
	return length
}
