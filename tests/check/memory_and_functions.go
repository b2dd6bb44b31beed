// What is known only at run time: which function a value is, and which memory a pointer is in.
package probe

import "github.com/miekg/bpf"

type flow struct{ bytes uint64 }

var (
	totals = bpf.Hash[uint32, flow]{MaxEntries: 8}
	last   *uint64 // ERROR GB0316 "outside of the stack"
)

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	step := func(n int32) int32 { return n + 1 }
	if ctx.NR > 7 {
		step = func(n int32) int32 { return n + 2 } // ERROR GB0304 "isn't known when compiling"
	}
	return step(1)
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var own [4]byte
	b := own[:]
	if p := ctx.Data(); len(p) > 4 {
		b = p // ERROR GB0315 "into the packet here, and into a local variable"
	}
	return bpf.XDPAction(len(b))
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Keep(ctx *bpf.SysEnter) int32 {
	var n uint64
	last = &n
	return 0
}

// Within one kind of memory, and with one function each, all is well.
//
//bpf:section tracepoint/syscalls/sys_enter_openat
func Fine(ctx *bpf.SysEnter) int32 {
	double := func(n uint64) uint64 { return 2 * n }
	f := totals.Lookup(1)
	if ctx.NR > 7 {
		f = totals.Lookup(2)
	}
	if f == nil {
		return 0
	}
	return int32(double(f.bytes))
}
