// Slices of arrays and globals: variable bounds, capacities, copies that overlap, clear.
package slices

import "github.com/miekg/bpf"

var table [16]uint32

//bpf:section xdp
func Bounds(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var a [8]uint16
	for i := range a {
		a[i] = uint16(i * 3)
	}
	low, high, index := int(p[14]), int(p[15]), int(p[16])
	s := a[low:high]
	t := s[1:]
	t[0] += 100
	return bpf.XDPAction(int(s[index]) + len(t)*1000 + cap(t)*10000)
}

//bpf:section xdp
func Capacity(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var a [8]byte
	s := a[1:2:p[14]]
	r := len(s) + 16*cap(s)
	s = s[:p[15]]
	return bpf.XDPAction(r + 256*len(s))
}

//bpf:section xdp
func Overlap(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var a [8]byte
	for i := range a {
		a[i] = byte(i + 1)
	}
	to, from, n := int(p[14]), int(p[15]), int(p[16])
	copied := copy(a[to:], a[from:from+n])
	hash := copied
	for _, v := range a {
		hash = hash*7 + int(v)
	}
	return bpf.XDPAction(hash)
}

//bpf:section xdp
func Clear(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	for i := range table {
		table[i] = uint32(i)
	}
	clear(table[p[14]:p[15]])
	var a [4]uint32
	n := copy(a[:], table[5:])
	clear(table[:])
	return bpf.XDPAction(a[0] + a[1]*16 + a[2]*256 + a[3]*4096 + uint32(n)*65536 + table[7])
}

//bpf:section xdp
func Least(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	a, b := int8(p[14]), int8(p[15])
	s, t := "abc", "abd"
	if p[16] > 0 {
		t = "ab"
	}
	return bpf.XDPAction(int(min(a, b, 5)) + 1000*int(max(p[14], p[15])) + 1000000*len(min(s, t)))
}

//bpf:section xdp
func Packet(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	q := p[14:18]
	r := len(q) + int(q[p[18]])
	q = q[1:3]
	r = r*256 + int(q[1]) + len(q)
	var a [8]byte
	n := copy(a[:], p[14:])
	return bpf.XDPAction(r*256 + int(a[5]) + n)
}

// RUN Bounds packet=00*14_020501_000000 => 52109
// RUN Bounds packet=00*14_020503_000000 => 0
// RUN Bounds packet=00*14_040400_000000 => 0
// RUN Bounds packet=00*14_000800_000000 => 77000
// RUN Bounds packet=00*14_030900_000000 => 0
// RUN Bounds packet=00*14_050400_000000 => 0
// RUN Capacity packet=00*14_0502_00*4 => 577
// RUN Capacity packet=00*14_0505_00*4 => 0
// RUN Capacity packet=00*14_0101_00*4 => 0
// RUN Capacity packet=00*14_0901_00*4 => 0
// RUN Overlap packet=00*14_000205_000000 => 31866423
// RUN Overlap packet=00*14_020005_000000 => 29905723
// RUN Overlap packet=00*14_040008_000000 => 24178536
// RUN Overlap packet=00*14_040004_000000 => 24178536
// RUN Clear packet=00*14_0407_00*4 => 296704
// RUN Clear packet=00*14_1010_00*4 => 296805
// RUN Clear packet=00*14_1011_00*4 => 0
// RUN Least packet=00*14_ff03_00*4 => 3254999
// RUN Least packet=00*14_0703_01_00*3 => 2007003
// RUN Packet packet=00*14_010203040205 => 460043
// RUN Packet packet=00*14_010203040405 => 0
