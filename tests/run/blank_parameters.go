// Methods of generic types whose receivers name the type parameters otherwise than the type does, or not at all.
package blank

import "github.com/miekg/bpf"

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[_, _]) size() int32 { return 2 }

func (p pair[_, Of]) of() Of { return p.value }

func (p *pair[V, K]) set(key V, value K) { p.key, p.value = key, value }

func (p pair[A, _]) is(key A) bool { return p.key == key && any2(p.key, key) }

func any2[T comparable](a, b T) bool { return a == b }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return -1
	}
	var one pair[uint8, int32]
	one.set(p[0], int32(p[1])<<8)
	if one.is(7) {
		return bpf.XDPAction(one.of() + one.size())
	}
	return bpf.XDPAction(one.size())
}

// RUN Filter packet=07_03_00*12 => 770
// RUN Filter packet=08_03_00*12 => 2
