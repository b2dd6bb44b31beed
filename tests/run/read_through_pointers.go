// Numbers in a frame that are read through pointers. Kernels before 6.8 do not see what depends on such a read, and would remove
// what they have not followed.
package p

import "github.com/miekg/bpf"

//bpf:noinline
func isSeven(n [2]int) bpf.XDPAction {
	if n[1] == 7 {
		return 1
	}
	return 2
}

//bpf:noinline
func isSeven32(n [1]uint32) bpf.XDPAction {
	if n[0] == 7 {
		return 1
	}
	return 2
}

//bpf:noinline
func isTrue(n [3]bool) bpf.XDPAction {
	if n[0] {
		return 1
	}
	return 2
}

//bpf:noinline
func isSixthSeven(a, b, c, d int, e uint8, f int16) bpf.XDPAction {
	if f == 7 && e == 1 {
		return 1
	}
	return 2
}

//bpf:section xdp
func Wide(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := 5
	if p[0] > 3 {
		n = 7
	}
	return isSeven([2]int{0, n})
}

//bpf:section xdp
func Narrow(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := [1]uint32{5}
	if p[0] > 3 {
		n[0] = 7
	}
	return isSeven32(n)
}

//bpf:section xdp
func Bool(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := [3]bool{1: true, 2: true}
	n[0] = p[0] > 3
	return isTrue(n)
}

//bpf:section xdp
func Sixth(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := int16(5)
	if p[0] > 3 {
		n = 7
	}
	return isSixthSeven(1, 2, 3, 4, 1, n)
}

//bpf:section xdp
func Indexed(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14 {
		return 0
	}
	n := [4]int{5, 5, 5, 5}
	if p[0] > 3 {
		n[2] = 7
	}
	for i := range n {
		if n[i] == 7 {
			return 1
		}
	}
	return 2
}

// RUN Wide packet=0001020304050607080910111213 => 2
// RUN Wide packet=0401020304050607080910111213 => 1
// RUN Narrow packet=0001020304050607080910111213 => 2
// RUN Narrow packet=0401020304050607080910111213 => 1
// RUN Bool packet=0001020304050607080910111213 => 2
// RUN Bool packet=0401020304050607080910111213 => 1
// RUN Sixth packet=0001020304050607080910111213 => 2
// RUN Sixth packet=0401020304050607080910111213 => 1
// RUN Indexed packet=0001020304050607080910111213 => 2
// RUN Indexed packet=0401020304050607080910111213 => 1
