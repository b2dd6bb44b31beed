package bpf

// Tracepoint is the context of a program on any tracepoint. Its fields depend on the tracepoint and are not known here.
//
//bpf:ctx tracepoint/
type Tracepoint struct {
	_ uint64 // type, flags, preemption count and process id of the record
}

// SysEnter is the context of a program on a system call's entry.
//
//bpf:ctx tracepoint/syscalls/sys_enter_
type SysEnter struct {
	_    uint64    // type, flags, preemption count and process id of the record
	NR   int32     // number of the system call
	Args [6]uint64 // its arguments
}

// SysExit is the context of a program on a system call's exit.
//
//bpf:ctx tracepoint/syscalls/sys_exit_
type SysExit struct {
	_   uint64 // type, flags, preemption count and process id of the record
	NR  int32  // number of the system call
	Ret int64  // its result, negative for an error
}
