// encoding/binary, math/bits and sync/atomic.
package standard

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"github.com/miekg/bpf"
)

var total uint64
var small int32

//bpf:section xdp
func Endian(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	var b [12]byte
	binary.BigEndian.PutUint32(b[1:], binary.LittleEndian.Uint32(p[14:]))
	binary.LittleEndian.PutUint16(b[p[18]:], binary.BigEndian.Uint16(p[19:]))
	x := binary.BigEndian.Uint64(b[:]) ^ binary.LittleEndian.Uint64(p[21:])
	return bpf.XDPAction(x ^ x>>32)
}

//bpf:section xdp
func Bits(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return -1
	}
	x := binary.LittleEndian.Uint64(p[14:])
	r := bits.OnesCount64(x) + 100*bits.LeadingZeros64(x) + 10000*bits.TrailingZeros32(uint32(x))
	y := bits.ReverseBytes32(bits.RotateLeft32(uint32(x), int(p[22])))
	return bpf.XDPAction(uint32(r) ^ y ^ uint32(bits.Len16(uint16(x))))
}

//bpf:section xdp
func Atomic(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	atomic.StoreUint64(&total, uint64(p[14]))
	atomic.AddUint64(&total, 5)
	r := atomic.AddUint64(&total, uint64(p[15]))
	old := atomic.SwapInt32(&small, int32(p[16]))
	if atomic.CompareAndSwapInt32(&small, 7, -1) {
		r += 1000
	}
	if atomic.CompareAndSwapUint64(&total, 0, 1) {
		r += 2000
	}
	atomic.AddInt32(&small, -3)
	return bpf.XDPAction(int64(r)*4 + int64(atomic.LoadInt32(&small)) + int64(old) + int64(atomic.LoadUint64(&total)))
}

// RUN Endian packet=00*14_01020304_00_0506_0102030405060708_09 => 184616710
// RUN Endian packet=00*14_01020304_0a_0506_0102030405060708_09 => 218105606
// RUN Endian packet=00*14_01020304_0b_0506_0102030405060708_09 => 0
// RUN Bits packet=00*14_0010203040500000_05_00*7 => 100784482
// RUN Bits packet=00*14_ffffffffffffffff_3f_00*7 => -81
// RUN Bits packet=00*14_0000000000000000_21_00*7 => 326400
// RUN Atomic packet=00*14_010203_000000 => 40
// RUN Atomic packet=00*14_ff0207_000000 => 5306
