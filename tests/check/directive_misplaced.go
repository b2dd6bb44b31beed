package check

import "github.com/miekg/bpf"

//bpf:section xdp
var misplaced int // ERROR@-1 GB0111 "misplaced directive"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPPass
}
