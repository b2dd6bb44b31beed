// Structs and arrays by value: nested, embedded, compared, copied, swapped, as arguments and results.
package structs

import "github.com/miekg/bpf"

type point struct {
	x, y int16
}

type box struct {
	point
	corners [3]point
	tag     uint8
	_       uint16
	n       uint64
}

func (p point) sum() int { return int(p.x) + int(p.y) }

func (p *point) move(dx int16) { p.x += dx }

func (b box) widened(by int16) box {
	b.x -= by
	b.corners[1].y += by
	b.n++
	return b
}

func swap(a, b box) (box, box) { return b, a }

func make3(p []byte) box {
	return box{point: point{int16(p[0]), -int16(p[1])}, corners: [3]point{{1, 2}, {int16(p[2]), 4}}, tag: p[3], n: 7}
}

//bpf:section xdp
func Values(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	a := make3(p[14:])
	b := a
	b.move(5)
	c := b.widened(300)
	a, b = swap(a, b)
	a.corners[0], a.corners[2] = a.corners[2], a.corners[0]
	r := a.sum() + 10*b.sum() + 100*c.sum() + 1000*c.corners[1].sum() + int(c.n)
	if a == b {
		r += 1 << 20
	}
	b.move(5)
	b.corners[0], b.corners[2] = point{}, point{1, 2}
	if a == b {
		r += 1 << 21
	}
	if c.corners != b.corners {
		r += 1 << 22
	}
	return bpf.XDPAction(r)
}

//bpf:section xdp
func Loops(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	var boxes [4]box
	for i := range boxes {
		boxes[i].n = uint64(p[14+i])
		boxes[i].corners[p[18]] = point{int16(i), int16(p[19])}
	}
	sum := 0
	for i, b := range boxes {
		boxes[3-i].tag += uint8(b.n)
		b.n = 0
		sum += i*int(boxes[i].tag) + boxes[i].corners[1].sum()
	}
	last := boxes[p[20]]
	last.n += 3
	return bpf.XDPAction(sum*256 + int(boxes[p[20]].n) + int(last.n))
}

//bpf:section xdp
func Pointers(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	var a, b point
	q := &a
	if p[14] > 0 {
		q = &b
	}
	q.x = 5
	q.move(int16(p[15]))
	r := &q.y
	*r = 9
	a.x *= 2
	c := *q
	q.x++
	return bpf.XDPAction(a.sum() + 100*b.sum() + 10000*c.sum())
}

// RUN Values packet=00*14_01020304_00*12 => 6568858
// RUN Values packet=00*14_ff80ff04_00*12 => 6835066
// RUN Loops packet=00*14_01020304_01_05_02_00*9 => 8457
// RUN Loops packet=00*14_01020304_03_05_02_00*9 => 0
// RUN Loops packet=00*14_01020304_02_05_04_00*9 => 0
// RUN Loops packet=00*14_01020304_02_05_03_00*9 => 1803
// RUN Pointers packet=00*14_00_03_00*14 => 250026
// RUN Pointers packet=00*14_01_03_00*14 => 171800
