package probe

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 1024}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Count(ctx *bpf.SysEnter) int32 {
	n := calls.Lookup(7)
	*n++
	return 0
}

//bpf:section xdp
func Drop(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPPass
}
