// A packet from an offset on: constant, variable, and moved by a negative part that the sum makes good.
package slices

import "github.com/miekg/bpf"

//bpf:section xdp
func From(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	q := p[p[14]&7:]
	return bpf.XDPAction(q[3])
}

//bpf:section xdp
func Back(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 24 {
		return -1
	}
	var back int64
	for i := 16; i < 24; i++ {
		back = back<<8 | int64(p[i])
	}
	return bpf.XDPAction(p[back+1])
}

//bpf:section xdp
func Compare(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 24 {
		return -1
	}
	var limit int64
	for i := 16; i < 24; i++ {
		limit = limit<<8 | int64(p[i])
	}
	if len(p)+5 < int(limit) {
		return 1
	}
	return 2
}

// RUN From packet=00*3_01020304050607_00*4_00_00*5 => 1
// RUN From packet=00*3_01020304050607_00*4_05_00*5 => 6
// RUN From packet=00*3_01020304050607_00*4_0f_00*5 => 0
// RUN Back packet=2a_2b_00*14_ffffffffffffffff => 42
// RUN Back packet=2a_2b_00*14_0000000000000000 => 43
// RUN Back packet=2a_2b_00*14_fffffffffffffffe => 0
// RUN Back packet=2a_2b_00*14_0000000000000017 => 0
// RUN Compare packet=00*16_8000000000000002 => 2
// RUN Compare packet=00*16_000000000000001d => 2
// RUN Compare packet=00*16_000000000000001e => 1
