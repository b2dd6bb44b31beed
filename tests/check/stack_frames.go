// Frames over 512 bytes: one, and a chain of calls.
package probe

import "github.com/miekg/bpf"

type Sample struct {
	Words [20]uint64
}

//bpf:noinline
func inner(seed uint64) uint64 {
	var samples [25]uint64
	for i := range 25 {
		samples[i] = seed
	}
	return samples[seed%25]
}

//bpf:noinline
func outer(seed uint64) uint64 {
	var s Sample
	s.Words[seed%20] = inner(seed)
	return s.Words[seed%7]
}

//bpf:noinline
func larger(a, b *uint64) *uint64 { // ERROR GB0351 "returns a pointer to a local variable"
	if *a > *b {
		return a
	}
	return b
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func Chain(ctx *bpf.SysEnter) int32 { // ERROR GB0602 "have 576 bytes.*`Chain` \(\d+\) calls `outer` \(\d+\) calls `inner` \(\d+\)"
	var local [18]uint64
	local[bpf.GetPrandomU32()%18] = outer(bpf.KtimeGetNs())
	return int32(local[bpf.GetPrandomU32()%18])
}

//bpf:section tracepoint/syscalls/sys_enter_close
func One(ctx *bpf.SysEnter) int32 { // ERROR GB0602 "has 600 bytes.*`buffer` \(600 bytes\)"
	var buffer [600]byte
	buffer[bpf.GetPrandomU32()%600] = 1
	return int32(buffer[bpf.GetPrandomU32()%600])
}

//bpf:section tracepoint/syscalls/sys_enter_read
func Pointer(ctx *bpf.SysEnter) int32 {
	x, y := bpf.KtimeGetNs(), uint64(bpf.GetPrandomU32())
	*larger(&x, &y) = 0
	return int32(x + y)
}
