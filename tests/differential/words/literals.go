// Types and literals.
package words

import (
	"sync/atomic"

	"github.com/miekg/bpf"
)

type pair struct{ first, second uint32 }

type endless struct{ In, Past endless }

var count atomic.Uint32

type holder struct{ inner pair }

type word = uint32

func weigh(p pair) {}

func several() (uint8, uint16) { return 1, 2 }

type spelt struct{ UID, xid uint32 }

const half = 1.5

const text = "s"

var variable = 3

//bpf:map hash max_entries=16
var repeated = map[uint32]uint32{1: 2, 1: 3}

//bpf:map hash max_entries=16
var keyless = map[uint32]uint32{1}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n := len(p)
	by := &endless{In: endless{}}
	_ = by.In
	_ = count.missing
	n = count
	outer := holder{{1, 2}}
	_ = bpf.XDP{{1, 2}}
	outer = holder{inner: {1, 2}}
	closed := [...]interface{ ~int }{}
	x, y := endless{}, missing{}
	weigh(x)
	_ = y[n]
	one, two := 1, true
	one, two = several()
	_ = error(word(n))
	var a [-1]byte
	var b [half]byte
	var c [text]byte
	var d [n]byte
	var e [variable]byte
	var f [len(p)]byte
	var g [unknown]byte
	var h [...]byte
	var i map[[]byte]uint32
	_ = uint32{1}
	_ = [2]uint32{{1}, {2}}
	_ = pair{third: 1}
	_ = pair{First: 1}
	_ = bpf.XDP{1, 2, 3}
	_ = bpf.XDP{dataEnd: 1}
	_ = bpf.XDP{ingressIfindex: 1}
	_ = pair{first: 1, first: 2}
	_ = pair{1}
	_ = pair{1, 2, 3}
	_ = spelt{uid: 1}
	_ = spelt{Uid: 1}
	_ = spelt{Xid: 1}
	_ = pair{first: 1, 2}
	_ = pair{1, second: 2}
	_ = pair{1: 2}
	_ = [2]uint32{n: 1}
	_ = [3]uint32{1: 1, 1: 2}
	_ = [2]uint32{1, 2, 3}
	_ = [2]uint32{2: 1}
	_ = [2]uint32{"s": 1}
	_ = []uint32{-1: 1}
	_ = pair{"s", true}
	_ = [2 << &1]pair{{1, 2}}
	_ = repeated[1] + keyless[1]
	return bpf.XDPPass
}
