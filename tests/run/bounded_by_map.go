// A loop whose bound comes from a map, limited anew in each turn.
package loops

import "github.com/miekg/bpf"

var limits = bpf.Array[uint32]{MaxEntries: 1}

//bpf:section xdp
func FromMap(ctx *bpf.XDP) bpf.XDPAction {
	limit := limits.Lookup(0)
	if limit == nil {
		return 50
	}
	sum := uint32(0)
	for i := uint32(0); i < min(*limit, 16); i++ {
		sum += i
	}
	return bpf.XDPAction(sum)
}

// SET limits[u32 0] = u32 5
// RUN FromMap packet=00*20 => 10
