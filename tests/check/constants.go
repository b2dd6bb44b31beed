// Verdicts that depend on constants that are chosen when loading.
package probe

import "github.com/miekg/bpf"

var (
	rounds = bpf.Const[uint32]{Default: 8}
	turns  = bpf.Const[uint32]{Default: 4}
	value  = bpf.Const[uint64]{Default: 1}
)

//bpf:section xdp
func Unbounded(ctx *bpf.XDP) bpf.XDPAction {
	sum := value.Get()
	for i := uint32(0); i < rounds.Get(); i++ { // WARNING GB0414 "another value of `rounds`.*may reject `Unbounded`"
		sum += bpf.KtimeGetNs()
	}
	if sum == 0 {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

//bpf:section xdp
func Bounded(ctx *bpf.XDP) bpf.XDPAction {
	sum := value.Get()
	for i := range uint32(16) {
		if i >= turns.Get() {
			break
		}
		sum += bpf.KtimeGetNs()
	}
	if sum == 0 {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}
