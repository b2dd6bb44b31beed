// Type errors in Go's words: those of its compiler, on its lines.
package probe

import (
	"math/bits"

	"github.com/miekg/bpf"
)

import "github.com/miekg/bpf" // ERROR GB0209 "bpf redeclared in this block" ERROR GB0205 "imported and not used"

type number interface{ ~uint8 | ~uint32 }

type pair struct{ a, b uint32 }

type word = uint32

func (p pair) sum() uint32 { return p.a + p.b }

func (p pair) sum() uint32 { return p.a } // ERROR GB0209 "method pair.sum already declared"

func nothing() {}

func two() (first uint32, ok bool) { return 1, true }

func larger[T number](a, b T) T {
	if a > b {
		return a
	}
	return b
}

func use(n number) word { // ERROR GB0220 "cannot use type number outside a type constraint"
	return 1
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	var a [1.5]int              // ERROR GB0215 "array length 1.5 \(untyped float constant\) must be integer"
	var e error = 1             // ERROR GB0202 "int does not implement error \(missing method Error\)" ERROR GB0303 "interfaces" ERROR GB0204 "declared and not used: e"
	_ = word(1) + 1i            // ERROR GB0208 "1i \(untyped complex constant \(0 \+ 1i\)\) truncated to uint32"
	x := p["s"]                 // ERROR GB0213 "cannot convert .s. \(untyped string constant\) to type int"
	y := pair{c: 1}             // ERROR GB0215 "unknown field c in struct literal of type pair"
	z := pair{1, 2}.A           // ERROR GB0201 "has no field or method A, but does have field a"
	n, m := nothing()           // ERROR GB0210 "nothing\(\) \(no value\) used as value"
	larger("a", "b")            // ERROR GB0220 "string does not satisfy number \(string missing in ~uint8 . ~uint32\)"
	larger(uint32(1), uint8(2)) // ERROR GB0220 "type uint8 of uint8\(2\) does not match inferred type uint32 for T"
	defer uint32(1)             // ERROR GB0210 "defer requires function call, not conversion"
	true += 100                 // ERROR GB0203 "mismatched types untyped bool and untyped int" ERROR GB0212 "cannot assign to true"
	len.x = 1                   // ERROR GB0210 "invalid use of len \(built-in\) in selector expression"
	_ = bits.onesCount8(1)      // ERROR GB0201 "undefined: bits.onesCount8 \(but have OnesCount8\)"
	_ = two() == 1              // ERROR GB0210 "multiple-value two\(\) \(value of type \(first uint32, ok bool\)\) in single-value context"
	_ = a
	_ = use(1) // ERROR GB0202 "int does not implement number \(int missing in ~uint8 . ~uint32\)"
	switch p[0] {
	default:
	default: // ERROR GB0217 "multiple defaults"
	}
	for i := range 3 {
		if i == 1 {
			continue outside // ERROR GB0211 "continue label not defined: outside"
		}
	}
	return bpf.XDPAction(x) + bpf.XDPAction(y.a+z+n+m)
}
