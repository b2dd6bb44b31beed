// What a call costs: words in registers, a status below zero for a panic, an out block for what R0 can't hold.
package calls

import "github.com/miekg/bpf"

//bpf:noinline
func mix(a, b uint32) uint32 {
	return a*31 ^ b
}

//bpf:noinline
func quotient(a, b uint32) uint32 {
	return a / b
}

//bpf:noinline
func both(a, b uint64) (uint64, uint64) {
	return a + b, a - b
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return bpf.XDPPass
	}
	n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
	sum, difference := both(uint64(n), uint64(p[3]))
	return bpf.XDPAction(sum & difference)
}
