// Indices and slices.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

func array() [4]byte { return [4]byte{} }

func generic[T any](n T) {}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	var a [4]byte
	n := uint32(len(p))
	s := "text"
	_ = n[0]
	_ = pair{}[0]
	_ = n[:]
	_ = array()[:]
	_ = s[0:1:2]
	_ = a["s"]
	_ = a[1.5]
	_ = p["s"]
	_ = p[s]
	_ = p[true]
	_ = p[1<<70]
	_ = p[-1]
	_ = a[4]
	_ = "abc"[3]
	_ = a[1:5]
	_ = p[2:1]
	_ = a[3:2:1]
	_ = a[-1:]
	_ = a[n, n]
	_ = p[uint64(1<<63)]
	return bpf.XDPPass
}
