package silent

import "github.com/miekg/bpf"

//bpf:section xdp
func Drop(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPDrop
}
