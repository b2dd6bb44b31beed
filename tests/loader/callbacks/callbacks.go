// Functions that are given to helpers, whose types the kernel wants from the loader.
package probe

import "github.com/miekg/bpf"

var squares = bpf.Array[uint64]{MaxEntries: 8}

//bpf:section tracepoint/syscalls/sys_enter_getppid
func OnGetppid(ctx *bpf.SysEnter) int32 {
	bpf.Loop(8, func(i uint32) bool {
		if square := squares.Lookup(i); square != nil {
			*square = uint64(i) * uint64(i)
		}
		return true
	})
	sum := uint64(0)
	squares.ForEach(func(_ uint32, square *uint64) bool {
		sum += *square
		return sum < 55
	})
	bpf.TracePrintk("sum %d\n", sum)
	return 0
}
