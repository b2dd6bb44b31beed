// Statements that nothing reaches, loops among them; and a shift whose count is known, negative, and panics.
package unreachable

import "github.com/miekg/bpf"

const debug = false

//bpf:section xdp
func Loop(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return 3
	}
	sum := uint32(p[14])
	if debug {
		for i := range uint32(4) {
			sum += i
		}
	}
	for debug {
		for sum > 3 {
			sum--
		}
	}
	if sum > 100 {
		return 1
	}
	return 2
}

//bpf:section xdp
func Shift(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return 3
	}
	large := uint64(1 << 63)
	count := int64(large)
	if p[14] == 0 {
		count = 1
	} else {
		return bpf.XDPAction(p[15] >> count)
	}
	return bpf.XDPAction(p[15] >> count)
}

// RUN Loop packet=00*14_65_00 => 1
// RUN Loop packet=00*14_64_00 => 2
// RUN Shift packet=00*14_00_ff => 127
// RUN Shift packet=00*14_01_ff => 0
