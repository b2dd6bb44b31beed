// A byte at a constant place decides: UDP in IPv4 without options is dropped.
package drop

import "github.com/miekg/bpf"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPPass
	}
	if p[23] == 17 {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

// CLANG <= 1.00
// RUN Filter packet=00*23_11_00*10 => 1
// RUN Filter packet=00*23_06_00*10 => 2
// RUN Filter packet=00*23_11_00*9 => 2
// RUN Filter packet=11*14 => 2
