// Functions of their own with strings, slices and structs as arguments and results, with panics and deferred calls in them.
package calls

import "github.com/miekg/bpf"

type pair struct {
	a uint16
	b [3]byte
}

var steps uint32

func step(n uint32) { steps = steps*10 + n }

//bpf:noinline
func pick(n byte) (string, bool) {
	switch n {
	case 1:
		return "one", true
	case 2:
		return "two", true
	}
	return "", false
}

//bpf:noinline
func measure(s string, from, to int) int {
	t := s[from:to]
	sum := len(t)
	for i := range len(t) {
		sum += int(t[i])
	}
	return sum
}

//bpf:noinline
func fill(s []byte, p pair, at int) (int, pair) {
	defer step(1)
	s[at] = p.b[1]
	p.a += uint16(len(s))
	p.b[0]++
	defer step(2)
	return copy(s[1:], p.b[:]), p
}

//bpf:section xdp
func Calls(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	steps = 0
	s, ok := pick(p[14])
	if !ok {
		return 5
	}
	r := measure(s, int(p[15]), 3)
	var buffer [6]byte
	q := pair{7, [3]byte{1, p[16], 3}}
	n, t := fill(buffer[:p[17]], q, int(p[18]))
	r = r*8 + n + int(t.a)*2 + int(t.b[0]) + int(q.b[0]) + int(buffer[2])
	return bpf.XDPAction(r*100 + int(steps))
}

//bpf:section xdp
func Steps(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPAction(steps)
}

// RUN Calls packet=00*14_01_01_05_04_02_00 => 173721
// RUN Calls packet=00*14_02_00_05_06_05_00 => 282921
// RUN Calls packet=00*14_03_00_05_06_05_00 => 5
// RUN Calls packet=00*14_01_04_05_06_05_00 => 0
// RUN Steps packet=00*20 => 0
// RUN Calls packet=00*14_01_00_05_02_02_00 => 0
// RUN Steps packet=00*20 => 1
// RUN Calls packet=00*14_01_00_05_07_02_00 => 0
