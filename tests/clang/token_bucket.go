// A token bucket for each source address of IPv4: a packet takes a token, which come back with time; without one it is
// dropped, and counted.
package tokenbucket

import (
	"encoding/binary"

	"github.com/miekg/bpf"
)

const (
	etherIPv4   = 0x0800
	burst       = 2
	nanoseconds = 1 << 40 // for a token
)

type Bucket struct {
	Tokens uint64
	Last   uint64
}

var (
	buckets = bpf.Hash[uint32, Bucket]{MaxEntries: 1024}
	drops   = bpf.Array[uint64]{MaxEntries: 1}
)

//bpf:section xdp
func Limit(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 || binary.BigEndian.Uint16(p[12:]) != etherIPv4 {
		return bpf.XDPPass
	}
	source := binary.BigEndian.Uint32(p[26:])
	now := bpf.KtimeGetNs()
	b := buckets.Lookup(source)
	if b == nil {
		buckets.Update(source, Bucket{Tokens: burst - 1, Last: now})
		return bpf.XDPPass
	}
	if more := (now - b.Last) / nanoseconds; more > 0 {
		b.Tokens = min(b.Tokens+more, burst)
		b.Last = now
	}
	if b.Tokens == 0 {
		if n := drops.Lookup(0); n != nil {
			*n++
		}
		return bpf.XDPDrop
	}
	b.Tokens--
	return bpf.XDPPass
}

// CLANG <= 0.96
// RUN Limit packet=00*12_0800_45_00*11_0a000001_00*4 => 2
// RUN Limit packet=00*12_0800_45_00*11_0a000001_00*4 => 2
// RUN Limit packet=00*12_0800_45_00*11_0a000001_00*4 => 1
// RUN Limit packet=00*12_0800_45_00*11_0a000002_00*4 => 2
// RUN Limit packet=00*12_86dd_45_00*11_0a000001_00*4 => 2
// MAP drops[u32 0] = u64 1
