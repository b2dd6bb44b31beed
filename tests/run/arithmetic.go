// Integer arithmetic is Go's in every width: wrap-around, sign extension, shifts at and past the width.
package arithmetic

import "github.com/miekg/bpf"

//bpf:section xdp
func Unsigned(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 18 {
		return -1
	}
	b := p[14]
	h := uint16(p[14])<<8 | uint16(p[15])
	w := uint32(h)<<16 | uint32(p[16])<<8 | uint32(p[17])
	d := uint64(w) << 8
	b += 200
	h *= 3
	w = w<<5 ^ w>>27
	d = d*d - 1
	return bpf.XDPAction(uint32(b) + uint32(h) + w + uint32(d>>32) + uint32(d))
}

//bpf:section xdp
func Signed(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return -1
	}
	b := int8(p[14])
	h := int16(b) * 300
	w := int32(h) - 70000
	d := int64(w) * int64(b)
	b >>= 1
	h >>= 3
	w = -w
	d = ^d
	return bpf.XDPAction(int32(b) + int32(h) + w + int32(d>>4))
}

//bpf:section xdp
func Shift(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return -1
	}
	n := p[14]
	x := uint32(0x80000001)
	y := int32(-5)
	return bpf.XDPAction(int32(x<<n) ^ int32(x>>n) ^ y>>n ^ int32(uint64(p[15])<<n>>3))
}

// RUN Unsigned packet=00*14_01020304 => 1012562023
// RUN Unsigned packet=00*14_fffefdfc => 199869547
// RUN Signed packet=00*14_80_00 => -296721
// RUN Signed packet=00*14_7f_00 => 867467
// RUN Shift packet=00*14_04_ff => -134218223
// RUN Shift packet=00*14_1f_ff => -1879048194
// RUN Shift packet=00*14_20_ff => 536870911
// RUN Shift packet=00*14_40_ff => -1
