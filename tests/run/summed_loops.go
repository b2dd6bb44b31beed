// Places in a packet that loops sum up, and numbers that are put together from bytes.
package summed

import "github.com/miekg/bpf"

var table = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// Chain follows lengths from one byte to another, as options of a header do.
//
//bpf:section xdp
func Chain(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	at := 14
	sum := 0
	for range 8 {
		if len(p) < at+2 {
			return bpf.XDPAction(1000 + sum)
		}
		sum = sum*10 + int(p[at+1])
		if p[at] == 0 {
			break
		}
		at += int(p[at])
	}
	return bpf.XDPAction(sum)
}

// Back goes both ways, and may leave the packet in front.
//
//bpf:section xdp
func Back(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	at, least := int64(16), uint32(100)
	for i := uint32(0); i < 6; i++ {
		least = min(least, uint32(at))
		at += int64(p[at]) - 3
	}
	return bpf.XDPAction(at*1000 + int64(least))
}

// Nested starts again from what an outer loop has summed up.
//
//bpf:section xdp
func Nested(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	at := uint32(0)
	r := 0
	for i := range 3 {
		for range 2 {
			at += uint32(p[14+i]) & 3
			r = r*7 + int(table[at&15])
		}
		if at > 9 {
			at -= 9
		}
	}
	return bpf.XDPAction(r)
}

// Numbers puts bytes together in both orders, in halves, and with a byte changed in between.
//
//bpf:section xdp
func Numbers(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	a := uint16(p[15])<<8 | uint16(p[16])
	b := uint16(p[15]) | uint16(p[16])<<8
	c := uint32(p[17])<<24 | uint32(p[18])<<16 | uint32(p[19])<<8 | uint32(p[20])
	d := uint64(p[15]) + uint64(p[16])<<8 + uint64(p[17])<<16 + uint64(p[18])<<24 + uint64(p[19])<<32 +
		uint64(p[20])<<40 + uint64(p[21])<<48 + uint64(p[22])<<56
	e := uint64(p[18])<<24 | uint64(p[19])<<16 | uint64(p[20])<<8 | uint64(p[21])
	low := uint16(p[23])
	p[24]++
	f := low | uint16(p[24])<<8
	g := uint16(p[25])<<8 | uint16(p[27])
	h := uint16(p[25])<<8 | uint16(p[26])<<4
	i := uint64(a)*3 + uint64(b)*5 + uint64(c)*7 + d*11 + e*13 + uint64(f)*17 + uint64(g)*19 + uint64(h)*23
	return bpf.XDPAction(i ^ i>>32)
}

// Stack puts together bytes that the stack holds, where nothing is read at odd places.
//
//bpf:section xdp
func Stack(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 24 {
		return -1
	}
	var b [8]byte
	copy(b[:], p[14:22])
	b[p[22]&7] ^= 0x55
	return bpf.XDPAction(uint32(b[1])<<8 | uint32(b[2]) + uint32(b[4])<<24 | uint32(b[5])<<16)
}

// RUN Chain packet=00*14_02_01_03_02_00_00_03_00_09 => 123
// RUN Chain packet=00*14_02_01_03_02_00_00_ff_00_09 => 375
// RUN Chain packet=00*14_01*40 => 11111111
// RUN Chain packet=00*14 => 1000
// RUN Back packet=00*14_01_02_03_04_00*20 => 16016
// RUN Back packet=00*14_05_01_04_00*20 => 16014
// RUN Nested packet=00*14_03_02_01_00*10 => 87686
// RUN Nested packet=00*14_ff_07_02_00*10 => 88152
// RUN Numbers packet=00*14_01_02_83_04_85_06_87_08_89_0a_8b_0c_8d_0e_8f_10 => 2070565992
// RUN Numbers packet=00*14_ff*16 => 3280721
// RUN Stack packet=00*14_01_02_83_04_85_06_87_08_89_0a => -2063181949
