// Functions where the compiler can't follow them, and strings that printk can't print: one error each, where they are kept.
package probe

import "github.com/miekg/bpf"

type ops struct {
	parse func(p []byte) int
}

type level int

func (l level) String() string {
	if l > 1 {
		return "high"
	}
	return "low"
}

func first(p []byte) int { return int(p[0] & 15) }

func forty(p []byte) int { return 40 }

var current = first // ERROR GB0304 "a function in a package variable isn't known when compiling"

var all = [...]func(p []byte) int{first, forty} // ERROR GB0304 "a function can't be kept in a field or an element"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return bpf.XDPPass
	}
	o := ops{parse: first} // ERROR GB0304 "a function can't be kept in a field or an element"
	n := o.parse(p) + current(p)
	f := all[1]
	n += f(p) + all[0](p)
	bpf.TracePrintk("%s\n", level(n).String()) // ERROR GB0308 "only constant strings and byte arrays can be printed"
	m := map[uint32]int{}                      // ERROR GB0311 "a Go map in the kernel is a package variable"
	m[1]++
	return bpf.XDPAction(n + m[1])
}
