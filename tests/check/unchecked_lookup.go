package check

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 64}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	n := calls.Lookup(7)
	*n++ // ERROR GB0401 "R\d invalid mem access 'map_value_or_null'"
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Checked(ctx *bpf.SysEnter) int32 {
	if n := calls.Lookup(7); n != nil {
		*n++
	}
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func WrongWayRound(ctx *bpf.SysEnter) int32 {
	n := calls.Lookup(7)
	if n == nil {
		*n = 1 // ERROR GB0403 "R0 invalid mem access 'scalar'"
	}
	return 0
}
