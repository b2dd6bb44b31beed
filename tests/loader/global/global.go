// A function that the kernel verifies by itself, by the types that the loader sends along.
package probe

import "github.com/miekg/bpf"

type Point struct {
	X, Y uint32
	Name [8]byte
}

//bpf:global
func sum(p *Point, scale uint32, neg bool) int64 {
	if p == nil {
		return -1
	}
	s := int64(p.X+p.Y) * int64(scale)
	if neg {
		return -s
	}
	p.X = 100
	return s
}

//bpf:noinline
func twice(n int64) int64 { return 2 * n }

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnGetppid(ctx *bpf.SysEnter) int32 {
	p := Point{X: 3, Y: 4}
	n := sum(&p, 6, false)
	bpf.TracePrintk("sum %d %d\n", twice(n), p.X)
	return 0
}
