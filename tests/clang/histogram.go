// Sizes of packets by their magnitude, in an array.
package histogram

import (
	"sync/atomic"

	"github.com/miekg/bpf"
)

var sizes = bpf.Array[uint64]{MaxEntries: 16}

func log2(n uint32) uint32 {
	r := uint32(0)
	if n > 0xff {
		r, n = r+8, n>>8
	}
	if n > 0xf {
		r, n = r+4, n>>4
	}
	if n > 3 {
		r, n = r+2, n>>2
	}
	return r + n>>1
}

//bpf:section xdp
func Count(ctx *bpf.XDP) bpf.XDPAction {
	size := uint32(len(ctx.Data()))
	if slot := sizes.Lookup(log2(size)); slot != nil {
		atomic.AddUint64(slot, 1)
	}
	return bpf.XDPPass
}

// CLANG <= 0.78
// RUN Count packet=00*20 => 2
// RUN Count packet=00*33 => 2
// RUN Count packet=00*40 => 2
// RUN Count packet=00*300 => 2
// MAP sizes[u32 4] = u64 1
// MAP sizes[u32 5] = u64 2
// MAP sizes[u32 8] = u64 1
