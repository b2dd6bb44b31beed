// Instances of generic types with a wrong number of type arguments: what is known of them are their methods.
package words

import "github.com/miekg/bpf"

type pair[K comparable, V any] struct {
	key   K
	value V
	third W
}

func (p pair[K, V]) is(key K) bool { return p.key == key }

func (p *pair[K, V]) set(key K, value V) { p.key, p.value = key, value }

type one[K comparable] struct{ key K }

func (p one[K, V]) is(key K) bool { return p.key == key }

func (p *one[K, V]) set(key K, value V) { p.key, p.value = key, value }

type ring[T any] struct{ items [4]T }

type round[K comparable, V any] ring[round[uint8, int32]]

func (r round[K, V]) is(key K) bool { return r.key == key }

func (r *round[K, V]) set(key K) { r.key = key }

type word = struct {
	inner
	more word
}

type inner struct{ a uint8 }

type key struct{ m map[key]uint8 }

var counts = bpf.Array[uint32, uint64]{MaxEntries: 1}

var drops = bpf.Hash[uint32]{MaxEntries: 1}

var wrong = ring[T].Hash{}

func narrow(c uint32) word { return word(c) }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	counts.Update(0, uint64(1))
	if n := counts.Lookup(0); n != nil {
		n.last = 1
	}
	if n := drops.Lookup(0); n != nil {
		*n++
	}
	var p pair[uint8]
	p.is(1)
	p.set("a", 2)
	p.missing()
	var q one[uint8, uint16]
	q.is(1)
	q.set(1, "a")
	var r round[uint8, uint8]
	r.is(1)
	r.set("a")
	_ = wrong
	_ = key{}
	return bpf.XDPAction(narrow(1))
}
