package check

import "github.com/miekg/bpf"

var (
	events chan int // ERROR GB0302 "channels"
	thing  any // ERROR GB0303 "interfaces"
)

//bpf:section xdp
func Channels(ctx *bpf.XDP) bpf.XDPAction {
	events <- 1
	select { // ERROR GB0302 "channels"
	case n := <-events:
		_ = n
	default:
	}
	return bpf.XDPPass
}

//bpf:section xdp
func Interfaces(ctx *bpf.XDP) bpf.XDPAction {
	switch thing.(type) { // ERROR GB0303 "interfaces"
	case int:
		return bpf.XDPDrop
	}
	if n, ok := thing.(uint32); ok { // ERROR GB0303 "interfaces"
		return bpf.XDPAction(n)
	}
	return bpf.XDPPass
}

//bpf:section xdp
func Numbers(ctx *bpf.XDP) bpf.XDPAction {
	z := 2i // ERROR GB0305 "floating-point"
	_ = z
	return bpf.XDPPass
}
