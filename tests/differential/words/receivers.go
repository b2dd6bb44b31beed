// Receivers: their type parameters under other names, too many of them, names that are declared twice, interfaces.
package words

import "github.com/miekg/bpf"

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[A, B]) is(key A) bool { var x int = key; return p.key == x }

func (p pair[V, K]) other(key V) K { var x int = p.value; _ = x; return key }

func (p pair[_, _]) blank(other int) bool { return p.value == other }

func (p *pair[p, V]) shadowed() { _ = p.key }

func (p pair[K, V]) K() {}

func (p pair[K, V]) taken(V int) (K int) { return V }

func (p pair[X, Y, Z]) third() Z { p.key++; return X }

func (p *pair[X]) first() { p.key++; _ = X }

func (p pair) without() {}

type number interface{ ~int32 | ~uint8 }

type box[T number] struct{ x T }

func (b box[N]) add(n N) N { return b.x + n + 1000 }

func (b box[_]) size() int { return len(b.x) }

func taken[T number](x T) (T int) { return 1 }

func behind[T struct{ x int }](p *T, q T) int { return p.x + q.x }

type point interface{ ~int }

func (p point) sum() int { return 1 }

func (p *point) move(dx int16) { p.x += dx }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var p pair[int, int]
	p.is(1)
	p.other(2)
	p.blank(3)
	p.shadowed()
	p.K()
	p.taken(4)
	p.third()
	p.first()
	p.without()
	box[int32]{}.add(1)
	box[int32]{}.size()
	taken[int32](1)
	behind(&struct{ x int }{1}, struct{ x int }{2})
	var a point
	q := &a
	q.move(1)
	a.sum()
	q.sum()
	return bpf.XDPPass
}
