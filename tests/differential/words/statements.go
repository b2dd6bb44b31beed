// Statements.
package words

import "github.com/miekg/bpf"

type block struct{ bytes []byte }

func each(yield uint32) {}

func odd(yield func(uint32)) {}

func result(yield func(uint32) bool) bool { return true }

func nothing() {}

func jumps(n uint32) uint32 {
	goto inside
	{
	inside:
		n++
	}
	goto over
	m := n
over:
	n += m
unused:
	goto nowhere
	for {
		break nowhere
	}
other:
	n++
	for {
		continue other
	}
	for {
		break other
	}
	continue
	break
	switch n {
	case 1:
		n++
		if n > 2 {
			fallthrough
		}
	case 2:
		fallthrough
	}
	fallthrough
	return n
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n := uint32(len(p))
	var b block
	defer uint32(1)
	defer len(p)
	for range b {
	}
	for i := range 1.5 {
	}
	for range each {
	}
	for range odd {
	}
	for range result {
	}
	for range &n {
	}
	for i, j := range n {
	}
	for i, j := range 3 {
	}
	for i := range func(yield func() bool) {} {
	}
	for i, j := range func(yield func(uint32) bool) {} {
	}
	switch n {
	case 1, 2:
	case 1:
	case "s":
	case p:
	case b:
	default:
	default:
	}
	switch p {
	}
	switch b {
	case b:
	}
	switch {
	case n:
	}
	_ = jumps(n)
	if n = 1; n > 2 {
	}
	return bpf.XDPPass
}
