// Indices whose bounds no verifier, or not every one, can see: remainders, sums, joined bytes, one array at two places.
package bounds

import "github.com/miekg/bpf"

//bpf:section xdp
func Remainder(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	table := [5]uint16{11, 22, 33, 44, uint16(p[15])}
	return bpf.XDPAction(table[p[14]%5])
}

//bpf:section xdp
func Neighbours(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	i := int(p[14])
	table := [4]uint32{1, 2, 4, 8}
	table[i] += 16
	return bpf.XDPAction(table[i+1])
}

//bpf:section xdp
func Joined(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	at := uint16(p[14])<<8 | uint16(p[15])
	return bpf.XDPAction(p[at])
}

//bpf:section xdp
func Only(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	table, i := [1]uint32{7}, uint32(p[14])
	table[i] += uint32(p[15])
	return bpf.XDPAction(table[i])
}

var numbers = [5]uint64{1, 2, 3, 4, 5}

//bpf:section xdp
func Converted(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 24 {
		return -1
	}
	s := numbers[p[14]%5:]
	if len(s) < 2 {
		return 50
	}
	pair, two := [2]uint64(s), [2]uint8(p[p[15]%8:20])
	return bpf.XDPAction(pair[0]*10+pair[1]) + bpf.XDPAction(two[1])
}

// RUN Converted packet=00*4_09_00*9_02_03_00*8 => 43
// RUN Converted packet=00*14_04_03_00*8 => 50
// RUN Only packet=00*15_03_00*4 => 10
// RUN Only packet=00*14_01_03_00*4 => 0
// RUN Remainder packet=00*14_07_63_00*4 => 33
// RUN Remainder packet=00*14_ff_63_00*4 => 11
// RUN Remainder packet=00*14_04_63_00*4 => 99
// RUN Neighbours packet=00*14_00_00*5 => 2
// RUN Neighbours packet=00*14_02_00*5 => 8
// RUN Neighbours packet=00*14_03_00*5 => 0
// RUN Neighbours packet=00*14_ff_00*5 => 0
// RUN Joined packet=00*14_0010_07_00*3 => 7
// RUN Joined packet=00*14_0014_07_00*3 => 0
// RUN Joined packet=00*14_ffff_07_00*3 => 0
