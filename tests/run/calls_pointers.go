// The context and the entry of a map as an argument and a result of functions of their own.
package calls

import "github.com/miekg/bpf"

var counts = bpf.Hash[uint32, uint64]{MaxEntries: 16}

//bpf:noinline
func entry(key uint32) *uint64 {
	return counts.Lookup(key)
}

//bpf:noinline
func protocol(ctx *bpf.XDP) uint16 {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	return uint16(p[12])<<8 | uint16(p[13])
}

//bpf:section xdp
func Count(ctx *bpf.XDP) bpf.XDPAction {
	if n := entry(uint32(protocol(ctx))); n != nil {
		*n += 1
		return bpf.XDPAction(*n)
	}
	return bpf.XDPPass
}

// SET counts[u32 2048] = u64 41
// RUN Count packet=00*12_0800 => 42
// RUN Count packet=00*12_0801 => 2
