// Loops with bounds that are only known when the program runs: each verifier sees them end.
package loops

import "github.com/miekg/bpf"

//bpf:section xdp
func Masked(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return 50
	}
	sum := uint32(0)
	for i := uint32(0); i < uint32(p[0])&15; i++ {
		sum += i ^ uint32(p[1])
	}
	n := int(min(p[2], 12))
	for i := 0; i < n; i++ {
		for j := i; j <= n; j += 2 {
			sum += uint32(j)
		}
	}
	for i := range n {
		sum += uint32(i)
	}
	return bpf.XDPAction(sum)
}

//bpf:section xdp
func Copies(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 40 {
		return 50
	}
	var a [8]byte
	s := p[3:int(p[0])]
	n := copy(a[7:8:8], s)
	n += copy(a[1:], s)
	n += copy(a[int(p[1])&3:], a[int(p[2])&3:])
	b := [8]byte{0, 1, 2, 3, 4, 5}
	text := string(b[1 : int(p[0])&7])
	if text == string(a[2:int(p[1])]) {
		n += 64
	}
	sum := byte(n)
	for i, x := range a {
		sum ^= x << (i & 3)
	}
	return bpf.XDPAction(sum)
}

// RUN Masked packet=00*20 => 0
// RUN Masked packet=07_01_05_00*17 => 65
// RUN Masked packet=ff_01_ff_00*17 => 545
// RUN Copies packet=09_06_02_03_04_05_06_07_08_09_00*30 => 3
// RUN Copies packet=06_03_00_03_04_05_06_07_08_09_00*30 => 0
// RUN Copies packet=03_03_00_03_04_05_06_07_08_09_00*30 => 5
