package probe

import "github.com/miekg/bpf"

//bpf:section xdp
func Drop(ctx *bpf.XDP) bpf.XDPAction {
	if n := calls.Lookup(1); n != nil {
		*n++
	}
	return verdict()
}
