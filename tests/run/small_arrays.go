// Arrays of at most four bytes that are written whole, then at an index that is never 0, and read byte by byte: kernels before 6.8
// take what is left of the first store for a part of a register.
package p

import (
	"unsafe"

	"github.com/miekg/bpf"
)

//bpf:section xdp
func Prog(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := uint32(p[1])
	a := *(*[4]byte)(unsafe.Pointer(&n))
	a[1+p[0]&1] = p[4]
	return bpf.XDPAction(a[0]) + bpf.XDPAction(a[1])*2 + bpf.XDPAction(a[2])*4 + bpf.XDPAction(a[3])*8
}

// RUN Prog packet=0001020304050607080910111213 => 9
// RUN Prog packet=0101020304050607080910111213 => 17
