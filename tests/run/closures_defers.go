// Deferred calls that change named results, closures over loop variables, panics in deferred calls and in callbacks.
package closures

import "github.com/miekg/bpf"

var log [16]byte
var used uint32

func note(b byte) {
	if used < 16 {
		log[used] = b
		used++
	}
}

func result(n int) (r int, ok bool) {
	defer func() {
		r *= 2
		note(byte(r))
	}()
	defer func() {
		if n == 3 {
			r = 7 / (n - 3)
		}
		ok = !ok
		r++
	}()
	if n == 1 {
		return 10, true
	}
	r = n
	return
}

func both(n int) (sum int) {
	defer note(99)
	for i := range 3 {
		add := func(x int) { sum += x * i }
		add(n)
		n++
	}
	a, ok := result(n - 3)
	if ok {
		sum += 1000
	}
	return sum + a
}

//bpf:section xdp
func Named(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	used = 0
	clear(log[:])
	r := both(int(p[14]))
	hash := r
	for _, b := range log {
		hash = hash*3 + int(b)
	}
	return bpf.XDPAction(hash)
}

//bpf:section xdp
func Log(ctx *bpf.XDP) bpf.XDPAction {
	return bpf.XDPAction(int(log[0])<<16 | int(log[1])<<8 | int(log[2]))
}

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		defer note(7)
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func find(n int, p []byte) (at int) {
	defer note(8)
outer:
	for i := range upTo(4) {
		for j := range upTo(3) {
			if i*j == n {
				return i*10 + j
			}
			if j > i {
				continue outer
			}
			at += int(p[14+i]) / (n - j)
		}
		if i == 3 {
			break outer
		}
	}
	return at
}

//bpf:section xdp
func Iterators(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	used = 0
	clear(log[:])
	r := find(int(p[19]), p)
	return bpf.XDPAction(r*100 + int(used))
}

// RUN Named packet=00*14_01_00*5 => 2080591515
// RUN Named packet=00*14_02_00*5 => 1388449670
// RUN Named packet=00*14_03_00*5 => 0
// RUN Log packet=00*20 => 418560
// RUN Iterators packet=00*14_0102030405_04 => 2205
// RUN Iterators packet=00*14_0102030405_06 => 3206
// RUN Iterators packet=00*14_0102030405_05 => 306
// RUN Iterators packet=00*14_0102030405_01 => 1104
// RUN Log packet=00*20 => 460551
