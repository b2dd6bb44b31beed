// Shifts by counts of all types, below, at and far past the width.
package shifts

import (
	"encoding/binary"

	"github.com/miekg/bpf"
)

//bpf:section xdp
func Shift(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 32 {
		return 50
	}
	x := binary.BigEndian.Uint64(p)
	n := binary.BigEndian.Uint64(p[8:])
	sum := uint64(1)
	add := func(v uint64) { sum = sum*31 + v }
	add(x << n)
	add(x >> n)
	add(uint64(int64(x) >> n))
	add(uint64(uint32(x) << n))
	add(uint64(uint32(x) >> n))
	add(uint64(int32(x) >> n))
	add(uint64(int16(x) >> n))
	add(uint64(int8(x) << n))
	add(uint64(uint8(x) >> n))
	small := p[15]
	add(x << small)
	add(uint64(int64(x) >> small))
	add(uint64(uint32(x) << small))
	add(uint64(int32(x) >> small))
	add(uint64(int8(x) >> small))
	signed := int32(n) & 0x7fffffff
	add(x >> signed)
	add(uint64(int64(x) >> signed))
	add(uint64(uint16(x) << signed))
	add(uint64(int32(x) >> signed))
	add(x << int64(n>>1))
	add(uint64(int32(x) >> int64(n>>1)))
	return bpf.XDPAction(sum ^ sum>>32)
}

type counts struct {
	Past, Far, In uint64
}

// Counts that show as constants only once the struct is in registers.
//
//bpf:section xdp
func Known(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 32 {
		return 50
	}
	c := counts{Past: 64, Far: 1 << 40, In: 5}
	by := &c
	x := binary.BigEndian.Uint64(p)
	sum := x<<by.In ^ x>>by.In
	sum += x<<by.Past ^ x>>by.Far
	sum += uint64(int64(x)>>by.Past) ^ uint64(int32(x)>>by.Far)
	sum += uint64(uint32(x)<<(by.Past/2)) ^ uint64(int16(x)>>(by.Past-49))
	return bpf.XDPAction(sum ^ sum>>32)
}

// A constant without a type that is shifted by a variable: alone, a character is one of 32 bits.
//
//bpf:section xdp
func Untyped(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 32 {
		return 50
	}
	v := 'a' << p[0] >> 1
	return bpf.XDPAction(v >> 8)
}

// RUN Shift packet=89abcdef01234567_0000000000000000_00*16 => -1312895420
// RUN Shift packet=89abcdef01234567_0000000000000001_00*16 => 214756832
// RUN Shift packet=89abcdef01234567_000000000000001f_00*16 => -1172079917
// RUN Shift packet=89abcdef01234567_0000000000000020_00*16 => 464960988
// RUN Shift packet=89abcdef01234567_000000000000003f_00*16 => -1570825931
// RUN Shift packet=89abcdef01234567_0000000000000040_00*16 => -1241679689
// RUN Shift packet=89abcdef01234567_00000000000000ff_00*16 => -1868431298
// RUN Shift packet=89abcdef01234567_0000000100000000_00*16 => 387393329
// RUN Shift packet=89abcdef01234567_7fffffffffffffff_00*16 => -1868431298
// RUN Shift packet=89abcdef01234567_8000000000000000_00*16 => 387393329
// RUN Shift packet=89abcdef01234567_8000000000000005_00*16 => 10143632
// RUN Shift packet=89abcdef01234567_ffffffffffffffff_00*16 => -1868431298
// RUN Shift packet=f123456789abcdef_0000000000000007_00*16 => 1950438097
// RUN Shift packet=ffffffffffffffff_000000000000001f_00*16 => -1762923640
// RUN Shift packet=7fffffff80000000_8000000000000020_00*16 => -1446035537
// RUN Known packet=89abcdef01234567_00*24 => 1834308933
// RUN Known packet=f123456789abcdef_00*24 => 718624084
// RUN Untyped packet=21_00*31 => 0
// RUN Untyped packet=1f_00*31 => -4194304
