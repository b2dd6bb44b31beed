package check

import "github.com/miekg/bpf"

//bpf:section xdpp
func Unknown(ctx *bpf.XDP) bpf.XDPAction { // ERROR@-1 GB0114 "unknown section .xdpp."
	return bpf.XDPPass
}
