// A bool that is kept over a call of a callback, of which kernels before 6.5 follow only one value where its register is the
// callback's, too.
package p

import (
	thebinary "encoding/binary"
	"github.com/miekg/bpf"
	"math/bits"
	"sync/atomic"
)

var Out = bpf.Array[[23]uint64]{MaxEntries: 4}

const c3 = 8

var g13 uint32 = 4294967294

var atUint32 atomic.Uint32

//bpf:section xdp
func Prog(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 80 {
		return bpf.XDPPass
	}
	o := Out.Lookup(uint32(p[0]))
	if o == nil {
		return bpf.XDPDrop
	}
	v20 := uint8(p[8])
	v21 := int8(p[9])
	v22 := uint16(p[10]) | uint16(p[11])<<8
	v23 := int16(p[12]) | int16(p[13])<<8
	v24 := uint32(p[16]) | uint32(p[17])<<8 | uint32(p[18])<<16 | uint32(p[19])<<24
	v25 := int32(thebinary.BigEndian.Uint32(p[20:]))
	v26 := uint64(thebinary.LittleEndian.Uint64(p[24:]))
	v27 := int64(p[32]) | int64(p[33])<<8 | int64(p[34])<<16 | int64(p[35])<<24 | int64(p[36])<<32 | int64(p[37])<<40 | int64(p[38])<<48 | int64(p[39])<<56
	v28 := int(p[40]) | int(p[41])<<8 | int(p[42])<<16 | int(p[43])<<24 | int(p[44])<<32 | int(p[45])<<40 | int(p[46])<<48 | int(p[47])<<56
	v29 := atUint32.CompareAndSwap(g13, uint32(thebinary.LittleEndian.Uint32(p[36:])))
	v20 = '\003' &^ v20
	n30 := 2
loop31:
	for n30 > 0 {
		n30--
		v32 := string(p[20:24][:len(p[20:24])]) != "a"
		if v25 != v25 {
			continue loop31
		}
		q33 := &v29
		*q33 = v25 <= -0x80000000
		if v25 != v25 {
			continue loop31
		}
		if v32 {
			o[0] += 1
		}
		if *q33 {
			o[1] += 1
		}
	}
	v34 := string(p[20:24]) < "abc"
	v35, v36 := bits.Add(uint(v25)/7, uint(g13)<<(v25&63), (uint(v26)<<(v20&63))&1)
	v37 := bpf.Loop(3, func(i38 uint32) bool {
		v39 := string(p[20:24]) >= "a"
		var v40 = 31 - (v22 << (v20 & 15))
		if (v22 &^ v40) == (v40 & v22) {
			goto over41
		}
		{
			var v42 = v28 % (v28 | 1)
			s43 := []int16{int16(p[22])}
			if v28 >= 9223372036854775807.0 {
				v26 = v26 ^ (^v26)
				v23 = v23 | v23 ^ v23
			}
			v24 &= uint32(1) << v40
			o[2] += uint64(v42)
			o[3] += uint64(len(s43))
		}
	over41:
		g13 ^= 0
		if n30 <= v28 {
			return false
		}
		o[4] += uint64(i38)
		if v39 {
			o[5] += 1
		}
		o[6] += uint64(v40)
		return true
	})
	o[7] = uint64(g13)
	o[8] = uint64(v20)
	o[9] = uint64(v21)
	o[10] = uint64(v22)
	o[11] = uint64(v23)
	o[12] = uint64(v24)
	o[13] = uint64(v25)
	o[14] = v26
	o[15] = uint64(v27)
	o[16] = uint64(v28)
	if v29 {
		o[17] = 1
	}
	o[18] = uint64(n30)
	if v34 {
		o[19] = 1
	}
	o[20] = uint64(v35)
	o[21] = uint64(v36)
	o[22] = uint64(v37)
	return bpf.XDPAction((g13 + c3*g13) & (g13 &^ g13))
}

// RUN Prog packet=00ff800080017f007f01ffff0100800080ff0001807f00017f0101007f808000018080017f7f0180000180ff00ff017f00807f01ff80ff80ff01ffff80ff7f7f80017fff7f8000007fff80ff01ff007f => 0
// RUN Prog packet=0101020203010103020200000102030001000101010002010203000202010103020101010300020100030000010300030300030102010300000000020102000103030102030102030202010000010303 => 0
// RUN Prog packet=027d6cbda912027b72384f75f3e86b1ba18dcc2c70853aa813e39da578fd8f227cc224bb3744cd27bfbb4765c2ccfd526cc5af561d07e7987edef162ae432a01527a94d7cbd5b8c91ad8328069c6cf8c => 0
// RUN Prog packet=03000000ff00ff0000000000ffff000000000000ff0000000000ff00ffff0000000000000000ffffff00000000ffff00ffff0000ffff0000000000ffffff0000ff0000000000ff00ffff000000ffffff => 0
// MAP Out[u32 0] = u64 2, u64 0, u64 9151876297545220352, u64 1, u64 0, u64 0, u64 0, u64 4294967294, u64 0, u64 1, u64 65535, u64 1, u64 0, u64 18446744071570391041, u64 36170079968231807, u64 9223793695294259201, u64 9151876297545220352, u64 0, u64 0, u64 0, u64 2635249161671419023, u64 0, u64 1
// MAP Out[u32 1] = u64 2, u64 0, u64 0, u64 0, u64 0, u64 0, u64 0, u64 4294967294, u64 1, u64 2, u64 0, u64 513, u64 16842753, u64 16777729, u64 216455365225612034, u64 72620556893094146, u64 216176084943635200, u64 0, u64 0, u64 1, u64 8592331406, u64 0, u64 1
// MAP Out[u32 2] = u64 2, u64 0, u64 0, u64 1, u64 0, u64 0, u64 0, u64 4294967294, u64 1, u64 56, u64 30031, u64 18446744073709545715, u64 0, u64 1887779496, u64 2490487813575664403, u64 2868023543858512508, u64 5980161015512808383, u64 0, u64 0, u64 0, u64 18446741874955978849, u64 0, u64 1
// MAP Out[u32 3] = u64 2, u64 0, u64 0, u64 0, u64 0, u64 0, u64 0, u64 4294967294, u64 3, u64 0, u64 0, u64 18446744073709551615, u64 0, u64 18446744073692774400, u64 281470698455040, u64 18446462598732840960, u64 72056494526300415, u64 0, u64 0, u64 0, u64 2635249157679649351, u64 0, u64 1
