// Operators.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

type block struct{ bytes []byte }

type number uint32

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n, m := uint32(len(p)), uint64(len(p))
	s := "text"
	f := func() {}
	var x, y pair
	var a, b block
	_ = n + m
	_ = n == m
	_ = n < "s"
	n += m
	_ = true && n
	_ = n << s
	_ = 1.5 << n
	_ = s << 1
	_ = s - "s"
	_ = -s
	_ = !n
	_ = ^true
	_ = x < y
	_ = x + y
	_ = a == b
	_ = p == p
	_ = f == f
	_ = p == nil
	_ = x == nil
	_ = nil == nil
	s++
	x++
	_ = *n
	_ = *nil
	_ = <-n
	n <- 1
	_ = &1
	_ = &(n + 1)
	_ = &nil
	_ = n / 0
	_ = n % 0
	n /= 0
	_ = 1 / 0
	_ = n << -1
	_ = 1 << 100000
	_ = uint32(1) << string(65)
	_ = n << 1.5
	_ = number(1) + n
	_ = 0x1p3 << n << 2
	rounded := 1.0 << n
	var fraction float64 = 1 << n
	_ = int(1<<n + 1.5)
	_ = uint32(1.0<<n+2) + p[1.0<<n]
	_ = -(1.0 << n) & 1
	return bpf.XDPPass
}
