// Constants of complex numbers and fractions, as messages show them.
package words

import "github.com/miekg/bpf"

const (
	whole   = 1<<63 - 1i
	product = (2 + 3i) * 1234567890123
	ratio   = (1 << 70) / 3i
	minus   = -(1<<40 + 2i)
	half    = 999999.5
	vast    = 1e400
	tiny    = 1e-400 * 3
	middle  = 12345678.25
	none    = 0i
)

const typed complex128 = 1 << 40

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var n int
	n = whole
	n = product
	n = ratio
	n = minus
	n = half
	n = vast
	n = tiny
	n = -tiny
	n = middle
	n = none
	n = typed
	n = 1.5e300 * 1.5e300
	n = 1 / 3.0
	n = 1e100i
	n = 0x1p-3
	n = 1e21 + 0.5
	n = 123456.75
	n = 0.00001234567
	n = "s" + 1i
	return bpf.XDPAction(n)
}
