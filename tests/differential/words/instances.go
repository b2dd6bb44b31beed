// Instances without end, which Go reports where nothing else is wrong.
package words

import "github.com/miekg/bpf"

type grows[T any] struct{ next *grows[[]T] }

//bpf:section xdp
func Instances(ctx *bpf.XDP) bpf.XDPAction {
	_ = grows[int]{}
	return bpf.XDPPass
}
