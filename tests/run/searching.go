// What packages bytes, strings and slices find in packets and texts.
//
// RUN Filter packet=00*14_474554202f696e6465782e68746d6c20485454502f310d0a => 412433080
// RUN Filter packet=00*14_47455420474554202f204854545078000000000000000000 => -546451486
// RUN Filter packet=00*14_00506162632f6162632f6162632f6162632f6162632f0d0a => -753753826
// RUN Filter packet=00*14_000102030405060708090a0b0c0d0e0f1011121314151617 => -536870584
// RUN Filter packet=00*14_000000000000000000000000000000000000000000000000 => -620756981
// RUN Filter packet=00*14_1f9048545450485454504854545048545450485454500000 => -805299980
package probe

import (
	"bytes"
	"slices"
	"strings"

	"github.com/miekg/bpf"
)

var ports = [...]uint16{22, 80, 443, 8080}

const size = 24

// answers has a bit for each question that is answered with yes.
func answers(head []byte, text string) (bits uint64) {
	ask := func(yes bool) {
		bits <<= 1
		if yes {
			bits |= 1
		}
	}
	ask(bytes.HasPrefix(head, []byte("GET ")))
	ask(bytes.HasSuffix(head, []byte{0x0d, 0x0a}))
	ask(bytes.Equal(head[:4], head[4:8]))
	ask(bytes.Contains(head, []byte("HTTP")))
	ask(strings.HasPrefix(text, "ssh"))
	ask(strings.HasSuffix(text, "d"))
	ask(strings.Contains(text, "worker"))
	ask(slices.Contains(ports[:], uint16(head[0])<<8|uint16(head[1])))
	return bits
}

func order(x, y []byte) uint64 {
	return uint64(bytes.Compare(x, y)+1)<<2 | uint64(strings.Compare(string(x[:2]), string(y[:2]))+1)
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 14+size {
		return bpf.XDPAborted
	}
	var head [size]byte
	copy(head[:], p[14:])
	text := "sshd"
	if head[20] != 0 {
		text = "kworker/0"
	}
	sum := answers(head[:], text)
	sum = sum*16 + order(head[:4], head[4:8])
	sum = sum*64 + uint64(bytes.IndexByte(head[:], '/')+1)
	sum = sum*64 + uint64(bytes.LastIndexByte(head[:], '/')+1)
	sum = sum*64 + uint64(bytes.Index(head[:], []byte("HTTP"))+1)
	sum = sum*64 + uint64(strings.IndexByte(text, 'k')+1)
	if rest, ok := bytes.CutPrefix(head[:], []byte("GET ")); ok {
		sum += uint64(rest[0])
	}
	sum += uint64(len(strings.TrimSuffix(text, "d")))
	var xs [6]uint32
	for i := range xs {
		xs[i] = uint32(head[i*4])
	}
	largest := slices.Max(xs[:])
	slices.Sort(xs[:])
	if !slices.IsSorted(xs[:]) || xs[5] != largest || slices.Min(xs[:]) != xs[0] {
		return bpf.XDPAborted
	}
	slices.Reverse(xs[:])
	sum = sum*31 + uint64(xs[0]) + uint64(slices.IndexFunc(xs[:], func(x uint32) bool { return x < 0x40 })+1)
	return bpf.XDPAction(sum ^ sum>>32)
}
