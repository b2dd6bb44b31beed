// Slices that package variables begin with, and what is wrong with their elements.
package words

import "github.com/miekg/bpf"

type rule struct {
	prefix string
	kind   uint8
}

var (
	suffixes = []string{"shadow", 1, !".ssh"}
	ports    = []uint16{22, string(65), 1.5, 65536}
	weights  = []struct{ port, weight uint32 }{missing: {22, 100}, {80, 10, 1}, {port: 1, 2}}
	rules    = []rule{{"a", 1}, {"b", "c"}}
	unknown  = []bpf.Missing{{1}, {2}}
	untyped  = bpf{{"a", 1}, {missing, 2}}
)

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	n := len(suffixes) + len(ports) + len(weights) + len(rules) + len(unknown) + len(untyped)
	return bpf.XDPAction(n)
}
