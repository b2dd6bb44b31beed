// Constraints that speak of type parameters after them, and type arguments that follow from methods.
package words

import "github.com/miekg/bpf"

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

type has[K comparable] interface{ of() K }

type own struct{ n int32 }

func (o own) of() int32 { return o.n }

func get[V has[K], K comparable](v V) K { return v.of() }

func get2[V interface{ has[K] }, K comparable](v V) K { return v.of() }

func pair[K any, V *Pair[K, int]](key K, v V) {}

func pair2[V *Pair[K, int], K comparable](key K, v V) {}

//bpf:section xdp
func F(ctx *bpf.XDP) bpf.XDPAction {
	pair2(int(1), &Pair[int, int]{})
	pair(int(1), &Pair[int, int]{})
	_ = get2(own{3})
	return bpf.XDPAction(get(own{2}))
}
