// Packet slices that start at variable places, are indexed by variables, or have a capacity of their own; and what loops
// and jumps backwards leave of them.
package moved

import "github.com/miekg/bpf"

//bpf:section xdp
func Far(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 40 {
		return 50
	}
	n := int(p[0]) | int(p[1])<<8
	s := p[14:]
	if n > len(s) {
		return 51
	}
	s = s[n:]
	i := int(p[2]) | int(p[3])<<8
	if i >= len(s) {
		return 52
	}
	return bpf.XDPAction(s[i] + s[len(s)-1])
}

//bpf:section xdp
func Again(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 40 {
		return 50
	}
	s := p[20:30]
	rest := p[14:]
	turns := 0
	sum := byte(0)
again:
	turns++
	sum += s[len(s)/2:][len(s)/2-1]
	if i := int(p[turns]); i < len(rest) {
		sum += rest[i]
	}
	rest = rest[4:]
	if turns < 3 {
		goto again
	}
	return bpf.XDPAction(sum) + bpf.XDPAction(len(rest))
}

//bpf:section xdp
func Capacities(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 40 {
		return 50
	}
	n := int(p[0])
	q := p[2:4:n]
	r := q[1:3]
	pair := [2][]byte{q, r[:1]}
	sum := cap(q)*16 + len(q) + cap(r)*4 + len(r) + cap(pair[1])
	if n > 6 {
		q = q[:n-3]
		sum += int(q[len(q)-1])
	}
	return bpf.XDPAction(sum + room(r[:1:n-4]))
}

//bpf:noinline
func room(s []byte) int {
	if len(s) > 1 {
		return 0
	}
	return cap(s) * 64
}

// RUN Far packet=02_00_03_00_00*12_09*20_07*4 => 16
// RUN Far packet=02_00_80_00_00*12_09*20_07*4 => 52
// RUN Far packet=ff_00_80_00_00*12_09*20_07*4 => 51
// RUN Far packet=ff_ff_ff_ff_00*12_09*20_07*4 => 51
// RUN Again packet=00_01_02_03_00*10_01_02_03_04_05_06_07_08_09_0a_0b_0c_0d_0e_0f_10_11_12_13_14_15_16_17_18_19_1a => 83
// RUN Capacities packet=06_01_02_03_04_05_06_07_00*32 => 211
// RUN Capacities packet=08_01_02_03_04_05_06_07_00*32 => 387
// RUN Capacities packet=05_01_02_03_04_05_06_07_00*32 => 126
// RUN Capacities packet=03_01_02_03_04_05_06_07_00*32 => 0
