// Panics while something is held: a reserved record is discarded, deferred calls run first, also across calls.
package held

import "github.com/miekg/bpf"

type record struct {
	key   uint32
	value uint64
}

var records = bpf.RingBuf[record]{Size: 4096}
var counts = bpf.Array[uint64]{MaxEntries: 4}

func count(i uint32) {
	if n := counts.Lookup(i); n != nil {
		*n++
	}
}

//bpf:section xdp
func Plain(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	r := records.Reserve()
	if r == nil {
		count(0)
		return -2
	}
	r.key = uint32(p[14])
	r.value = 100 / uint64(p[15])
	records.Submit(r)
	count(1)
	return bpf.XDPAction(p[p[16]])
}

func fill(r *record, p []byte) {
	r.key = uint32(p[p[14]])
	r.value = uint64(p[p[15]])
}

//bpf:section xdp
func Deferred(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	defer count(2)
	r := records.Reserve()
	if r == nil {
		count(0)
		return -2
	}
	defer func() {
		count(3)
		records.Submit(r)
	}()
	fill(r, p)
	return bpf.XDPAction(r.value)
}

//bpf:section xdp
func Loop(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	sum := uint64(0)
	for i := range 3 {
		r := records.Reserve()
		if r == nil {
			break
		}
		r.key, r.value = uint32(i), uint64(p[14+i])
		if r.value == 0 {
			records.Discard(r)
			continue
		}
		sum += 200 / (r.value - 1)
		records.Submit(r)
	}
	return bpf.XDPAction(sum)
}

// RUN Plain packet=00*14_0105_0e_000000 => 1
// RUN Plain packet=00*14_0100_0e_000000 => 0
// RUN Plain packet=00*14_0105_20_000000 => 0
// RUN Deferred packet=00*14_0f0e_00*4 => 15
// RUN Deferred packet=00*14_0f40_00*4 => 0
// RUN Deferred packet=00*14_400e_00*4 => 0
// RUN Loop packet=00*14_050003_000000 => 150
// RUN Loop packet=00*14_050103_000000 => 0
// MAP counts[u32 0] = u64 0
// MAP counts[u32 1] = u64 2
// MAP counts[u32 2] = u64 3
// MAP counts[u32 3] = u64 3
