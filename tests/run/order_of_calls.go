// Calls are made from left to right as they are written, whatever the order of what they give a value to.
package order

import "github.com/miekg/bpf"

type clock struct {
	n uint32
}

type three struct {
	a, b, c uint32
}

var time clock

func tick(x uint32) uint32 {
	time.n = time.n*10 + x
	return time.n
}

func (c *clock) tick(x uint32) *clock {
	c.n = c.n*3 + x
	return c
}

// Fields gives fields their values in another order than that of the type.
//
//bpf:section xdp
func Fields(ctx *bpf.XDP) bpf.XDPAction {
	time.n = 0
	t := three{c: tick(1), a: tick(2), b: tick(3)}
	return bpf.XDPAction(t.a*7 + t.b*5 + t.c)
}

// Nested has such values in others.
//
//bpf:section xdp
func Nested(ctx *bpf.XDP) bpf.XDPAction {
	time.n = 0
	t := [2]struct {
		in three
		n  uint32
	}{1: {n: tick(1), in: three{b: tick(2), a: tick(3)}}, 0: {n: tick(4)}}
	return bpf.XDPAction(t[0].n*2 ^ t[1].in.a*5 ^ t[1].in.b*7 ^ t[1].n)
}

// Chain calls methods of what methods give, with arguments that change the receiver.
//
//bpf:section xdp
func Chain(ctx *bpf.XDP) bpf.XDPAction {
	time.n = 1
	return bpf.XDPAction(time.tick(5).tick(tick(4)).tick(tick(2)).n)
}

// RUN Fields packet=00*14 => 700
// RUN Nested packet=00*14 => 2966
// RUN Chain packet=00*14 => 13448
