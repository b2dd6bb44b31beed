// Directives that a program doesn't have, or has elsewhere.
package probe

import "github.com/miekg/bpf"

//bpf:helper 14
func now() uint64 { // ERROR@-1 GB0110 "of the SDK"
	return 0
}

// bpf:section xdp
func Spaced(ctx *bpf.XDP) bpf.XDPAction { // ERROR@-1 GB0103 "misspelt"
	return bpf.XDPPass
}

//bpf:section xdp

func Apart(ctx *bpf.XDP) bpf.XDPAction { // ERROR@-2 GB0104 "above nothing"
	return bpf.XDPPass
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OtherContext(ctx *bpf.XDP) int32 { // ERROR GB0115 "takes a .bpf.SysEnter"
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	return int32(now())
}
