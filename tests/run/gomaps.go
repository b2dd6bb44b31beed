// Go maps: reading, writing, changing in place, deleting, with scalars and structs; the order of evaluation.
package maps

import "github.com/miekg/bpf"

type key struct {
	a uint8
	b uint32
}

type value struct {
	n    uint64
	last [3]byte
}

//bpf:map hash max_entries=16
var counts = map[uint32]int32{}

//bpf:map hash max_entries=16
var values = map[key]value{}

//bpf:map lru_hash max_entries=16
var seen = map[uint8]bool{}

//bpf:section xdp
func Count(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	k := uint32(p[14])
	before, ok := counts[k]
	counts[k]++
	counts[k] *= 3
	if p[15] > 0 {
		delete(counts, k)
		counts[k] -= 2
	}
	r := int(before)*1000 + int(counts[k])
	if ok {
		r += 100
	}
	if seen[p[14]] {
		r += 10000
	}
	seen[p[14]] = true
	return bpf.XDPAction(r)
}

//bpf:section xdp
func Structs(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	k := key{p[14], uint32(p[15])}
	v := values[k]
	v.n += uint64(p[16])
	v.last[1] = p[16]
	values[k] = v
	w, ok := values[key{p[14], 1}]
	r := int(w.n) + int(w.last[1])*256
	if ok {
		r += 65536
	}
	return bpf.XDPAction(r + int(values[k].n)<<20)
}

func index(k uint32) uint32 {
	counts[77] = int32(k)
	return k
}

//bpf:section xdp
func Panics(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	counts[77] = 0
	var a [4]int32
	a[p[14]] = int32(index(uint32(p[15])))
	counts[78] /= int32(a[3])
	return bpf.XDPAction(counts[77])
}

//bpf:section xdp
func Last(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPAction(counts[77])
}

// RUN Count packet=00*14_0500_00*4 => 3
// RUN Count packet=00*14_0500_00*4 => 13112
// RUN Count packet=00*14_0501_00*4 => 22098
// RUN Structs packet=00*14_010105_000000 => 5309701
// RUN Structs packet=00*14_010105_000000 => 10552586
// RUN Structs packet=00*14_010205_000000 => 5309706
// RUN Structs packet=00*14_020105_000000 => 5309701
// RUN Panics packet=00*14_0307_00*4 => 7
// RUN Panics packet=00*14_0409_00*4 => 0
// RUN Last packet=00*20 => 9
// RUN Panics packet=00*14_020a_00*4 => 0
// RUN Last packet=00*20 => 10
