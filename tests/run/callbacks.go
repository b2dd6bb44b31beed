// Functions that the kernel calls: bpf_loop, walks over maps, range over Go maps.
package callbacks

import "github.com/miekg/bpf"

var counts = bpf.Hash[uint32, uint64]{MaxEntries: 16}

//bpf:map hash max_entries=16
var ports = map[uint16]uint32{}

func total() (sum uint64) {
	counts.ForEach(func(key uint32, value *uint64) bool {
		sum += *value
		*value = 0
		return key != 7
	})
	return sum
}

func find(want uint32) (uint16, bool) {
	for port, n := range ports {
		if n == want {
			return port, true
		}
		if n > 100 {
			break
		}
	}
	return 0, false
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	n := uint32(len(ctx.Data()))
	counts.Update(1, 10)
	counts.Update(2, 20)
	ports[80] = n
	ports[443] = 5
	sum := uint32(0)
	bpf.Loop(10, func(i uint32) bool {
		sum += i * n
		return i < 5
	})
	for port := range ports {
		sum += uint32(port)
	}
	port, ok := find(n)
	if !ok {
		return bpf.XDPDrop
	}
	return bpf.XDPAction(uint64(sum)+total()) + bpf.XDPAction(port)
}

// RUN Filter packet=00*14 => 843
// RUN Filter packet=00*20 => 933
