// Records of ring buffers that are not looked after.
package probe

import "github.com/miekg/bpf"

type event struct {
	pid  uint32
	kind uint32
}

var events = bpf.RingBuf[event]{Size: 4096}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Unchecked(ctx *bpf.SysEnter) int32 {
	e := events.Reserve()
	e.kind = 1 // ERROR GB0401 "may not have been given"
	events.Submit(e)
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Forgotten(ctx *bpf.SysEnter) int32 { // ERROR GB0408 "not given back"
	e := events.Reserve()
	if e == nil {
		return 0
	}
	if ctx.NR == 3 {
		return 0
	}
	events.Submit(e)
	return 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Afterwards(ctx *bpf.SysEnter) int32 {
	e := events.Reserve()
	if e == nil {
		return 0
	}
	events.Submit(e)
	e.kind = 1 // ERROR GB0403 "is a number"
	return 0
}

//bpf:section xdp
func Moved(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPPass
	}
	bpf.XdpAdjustHead(ctx, -4)
	p[0] = 1 // ERROR GB0403 "is a number"
	return bpf.XDPPass
}
