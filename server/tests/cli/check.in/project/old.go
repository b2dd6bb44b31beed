//bpf:kernel 6.1
package old

import "github.com/miekg/bpf"

//bpf:section xdp
func Drop(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPDrop
}
