// Strings: comparisons with all operators, lengths, indices, slices of them, switches, and text from bytes.
package text

import "github.com/miekg/bpf"

const names = "getputdelete"

func name(n byte) string {
	switch n {
	case 0:
		return "get"
	case 1:
		return "put"
	case 2:
		return names[6:]
	}
	return ""
}

func number(s string) int {
	switch s {
	case "get":
		return 1
	case "put":
		return 2
	case "delete":
		return 3
	case "":
		return 4
	}
	return 5
}

//bpf:section xdp
func Switch(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	s := name(p[14])
	return bpf.XDPAction(number(s)*16 + len(s))
}

//bpf:section xdp
func Order(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	a, b := name(p[14]), name(p[15])
	r := 0
	if a == b {
		r |= 1
	}
	if a != b {
		r |= 2
	}
	if a < b {
		r |= 4
	}
	if a <= b {
		r |= 8
	}
	if a > b {
		r |= 16
	}
	if a >= b {
		r |= 32
	}
	return bpf.XDPAction(r)
}

//bpf:section xdp
func Index(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	return bpf.XDPAction(names[p[14]])
}

//bpf:section xdp
func Slice(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	low, high := int(p[14]), int(p[15])
	s := names[low:high]
	sum := len(s)
	for i := 0; i < len(s); i++ {
		sum += int(s[i])
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func Bytes(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var text [6]byte
	for i := range text {
		text[i] = p[14+i]
	}
	n := int(p[14]) & 7
	if n > 6 {
		n = 6
	}
	s := string(text[:n])
	text[1] = 'x'
	if s == "\x03ab" {
		return 1
	}
	if s > "\x04abb" {
		return 2
	}
	return bpf.XDPAction(len(s) + 16)
}

// RUN Switch packet=00*14_00_00*5 => 19
// RUN Switch packet=00*14_01_00*5 => 35
// RUN Switch packet=00*14_02_00*5 => 54
// RUN Switch packet=00*14_03_00*5 => 64
// RUN Order packet=00*14_0000_00*4 => 41
// RUN Order packet=00*14_0001_00*4 => 14
// RUN Order packet=00*14_0201_00*4 => 14
// RUN Order packet=00*14_0300_00*4 => 14
// RUN Order packet=00*14_0102_00*4 => 50
// RUN Index packet=00*14_00_00*5 => 103
// RUN Index packet=00*14_0b_00*5 => 101
// RUN Index packet=00*14_0c_00*5 => 0
// RUN Slice packet=00*14_0306_00*4 => 348
// RUN Slice packet=00*14_0c0c_00*4 => 0
// RUN Slice packet=00*14_0d0d_00*4 => 0
// RUN Slice packet=00*14_0605_00*4 => 0
// RUN Bytes packet=00*14_03_6162_000000 => 1
// RUN Bytes packet=00*14_04_616262_0000 => 20
// RUN Bytes packet=00*14_04_616263_0000 => 2
