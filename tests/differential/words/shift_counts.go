// What shifts are by: Go looks at the types neither of constants that have one nor of what untyped counts are made of.
package words

import "github.com/miekg/bpf"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	i, u := len(ctx.Data()), uint8(1)
	_ = u << (1 << 64 << i)
	_ = u << (-1 << i)
	_ = u << (1.5 << i)
	_ = u << 1.5
	_ = u << 'a'
	_ = u << "a"
	_ = u << nil
	_ = u << true
	_ = u << int8(-1)
	_ = u << string(65)
	_ = u << bool(true)
	_ = u << float64(2)
	_ = u << float64(-2)
	_ = u << (i < 2)
	_ = u << (1 << 64)
	_ = 1 << string(65)
	_ = 1 << float64(2)
	_ = 1.5 << string(65)
	_ = u << string(i)
	_ = u << float64(i)
	*&i << string(65) = 3
	u <<= string(65)
	u <<= -1
	u >>= float64(2)
	uint8(200) += 100
	return bpf.XDPPass
}
