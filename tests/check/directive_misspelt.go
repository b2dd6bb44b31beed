package check

import "github.com/miekg/bpf"

//bpf:sektion xdp
func Misspelt(ctx *bpf.XDP) bpf.XDPAction { // ERROR@-1 GB0102 "unknown directive `//bpf:sektion`"
	return bpf.XDPPass
}
