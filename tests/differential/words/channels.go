// Loops over channels have one variable.
package words

import "github.com/miekg/bpf"

func drain[S ~chan int](s S) {
	for i, x := range s {
	}
	for range s {
	}
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var c chan uint8
	var n uint8
	for i, x := range c {
	}
	for n, n = range c {
	}
	for n = range c {
	}
	drain([]uint8{1})
	return bpf.XDPAction(n)
}
