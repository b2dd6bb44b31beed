// An access past the packet's end is a panic in Go: the program checks, and aborts. Nothing is to be reported.
package check

import "github.com/miekg/bpf"

//bpf:section xdp
func Unchecked(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if p[12] == 8 {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}
