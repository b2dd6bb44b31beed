// Function values, iterators and generics, as fixtures of the type checker have them.
package closures

import "github.com/miekg/bpf"

type counter struct{ n int32 }

func (c *counter) add(d int32) { c.n += d }

func (c counter) twice() int32 { return 2 * c.n }

func apply(n int32, f func(int32) int32) int32 { return f(f(n)) }

func double(n int32) int32 { return 2 * n }

func adder(by int32) func(int32) int32 {
	return func(n int32) int32 { return n + by }
}

func compose(f, g func(int32) int32) func(int32) int32 {
	return func(n int32) int32 { return g(f(n)) }
}

func work(n int32) (result int32) {
	defer func() { result++ }()
	if n > 3 {
		return n
	}
	return apply(n, double)
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	total := int32(0)
	step := int32(len(ctx.Data()))
	each := func(n int32) { total += n * step }
	each(1)
	each(2)
	for i := int32(0); i < 3; i++ {
		func() { total += i }()
	}
	var c counter
	add := c.add
	add(3)
	f := adder(step)
	total += apply(total, f) + apply(1, func(n int32) int32 { return n - step })
	total += counter.twice(c) + compose(f, double)(4)
	(*counter).add(&c, 1)
	if add != nil {
		total += work(total)
	}
	return bpf.XDPAction(total + c.n)
}

// RUN Filter packet=00*14 => 271
// RUN Filter packet=00*20 => 367
