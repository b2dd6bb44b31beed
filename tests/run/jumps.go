// goto into loops and out of them, panic, and deferred calls on every way out.
package jumps

import "github.com/miekg/bpf"

var trail [8]byte
var steps uint32

func note(b byte) {
	if steps < 8 {
		trail[steps] = b
		steps++
	}
}

func total() bpf.XDPAction {
	sum := uint32(0)
	for i := range trail {
		sum = sum*5 + uint32(trail[i])
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func Goto(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	a, b := 0, 0
	n := int(p[14] & 7)
	if p[15] != 0 {
		goto second
	}
first:
	a++
	if n == 0 {
		goto done
	}
	n--
second:
	b += a + 1
	if b < 40 {
		goto first
	}
done:
	return bpf.XDPAction(a*1000 + b)
}

func inner(n byte) (r int) {
	defer note(1)
	if n == 1 {
		return 10
	}
	defer note(byte(n + 1))
	if n == 2 {
		panic("two")
	}
	r = 7
	return r * int(n)
}

func outer(n byte) (a int, b int) {
	defer note(3)
	a = inner(n)
	b = 100 / int(n-4)
	return a, b
}

//bpf:section xdp
func Defer(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	steps = 0
	clear(trail[:])
	a, b := outer(p[14])
	return bpf.XDPAction(a*100000+b*1000) + total()
}

//bpf:section xdp
func After(ctx *bpf.XDP) bpf.XDPAction {
	return total()
}

// RUN Goto packet=00*14_0700_00*4 => 8035
// RUN Goto packet=00*14_0301_00*4 => 4010
// RUN Defer packet=00*14_01_00*5 => 1125000
// RUN After packet=00*20 => 125000
// RUN Defer packet=00*14_02_00*5 => 0
// RUN After packet=00*20 => 259375
// RUN Defer packet=00*14_04_00*5 => 0
// RUN After packet=00*20 => 415625
// RUN Defer packet=00*14_05_00*5 => 4093750
