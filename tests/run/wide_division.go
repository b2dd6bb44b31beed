// Quotients of 128 bits, of dividends that verifiers know bounds of: they would follow both ways of each of the 64 turns that have
// a branch.
package p

import (
	"math/bits"

	"github.com/miekg/bpf"
)

//bpf:section xdp
func Prog(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	y := uint(p[1])<<p[3] | 1
	q, r := bits.Div((uint(p[0])%65536)%y, ^uint(p[2]), y)
	if p[4] == 0 {
		q, r = bits.Div(uint(p[0]), uint(p[5])<<56, y)
	}
	return bpf.XDPAction(q>>32) ^ bpf.XDPAction(q)*3 ^ bpf.XDPAction(r>>32)*5 ^ bpf.XDPAction(r)*7
}

// RUN Prog packet=0401020304050607080910111213 => 613566725
// RUN Prog packet=ffff0138ff050607080910111213 => -83885037
// RUN Prog packet=ffff013800ff0607080910111213 => 83887611
// RUN Prog packet=07ff003f80ff0607080910111213 => -2147483578
// RUN Prog packet=0307003800800607080910111213 => -587202047
// RUN Prog packet=09ff000000050607080910111213 => 589571142
