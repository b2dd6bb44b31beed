// Constants and conversions.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

type number interface{ ~uint8 | ~uint32 }

const missing

const typed pair = 1

const typed

var failed error = 4294967295

type label comparable

const wide = 1 << 62

const (
	huge   = 1 << 600
	larger = huge << 600
	small  = uint8(255) + 1
)

func narrow[T number](n T) uint64 { return uint64(pair(n).first) }

func widen[T number](n string) T { return T(n) }

func exchange[T number, U ~string](n T) U { return U(n[0]) }

func behind[T number](n T) { _ = interface{ m() }(n) }

func between[T number, U ~[]byte](n T) U { return U(n) }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	n := uint32(len(p))
	_ = pair(n)
	_ = uint32(p)
	_ = uint32("s")
	_ = bool(1)
	_ = string(1.5)
	_ = uint8(256)
	_ = uint8(1.5)
	_ = int8(-129)
	_ = uint32(nil)
	_ = number(1)
	_ = uint32()
	_ = uint32(1, 2)
	_ = n + 1<<40
	_ = n * 1.5
	_ = uint8(200) * 2
	_ = -uint8(1)
	_ = ^uint8(0) + 1
	_ = huge * huge * huge
	n = 1 << 40
	var sum complex128
	_ = bpf.XDPAction(sum)
	_ = narrow(n)
	_ = widen[uint8]("s")
	behind(n)
	_ = between[uint8, []byte](1)
	_ = failed
	_ = []int32("HTTP") + n
	_ = uint32(1<<33>>n) + uint32(wide<<n)
	var l label
	_ = l == "small"
	return bpf.XDPAction(larger + small + missing + typed)
}
