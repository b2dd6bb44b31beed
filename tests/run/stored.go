// Pointers, slices and strings in structs and arrays on the stack, and shared with function literals.
package stored

import "github.com/miekg/bpf"

type named struct {
	name string
	data []byte
	n    *int32
}

var counts = bpf.Array[int32]{MaxEntries: 4}

func label(s named) int { return len(s.name) + len(s.data) + int(*s.n) }

func set(s *named, name string) { s.name = name }

func pick(n int32) (s named) {
	s.name = "pick"
	return s
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	total := int32(3)
	var buf [8]byte
	s := named{"tri", buf[:4], &total}
	t := s
	t.name = "square"
	set(&t, "other")
	words := [3]string{"a", "bc", "def"}
	q := &t
	sum := label(s) + label(*q) + len(words[2]) + len(pick(1).name)
	var best *int32
	each := func(n *int32) { best = n }
	each(&total)
	for i, w := range [2]string{"x", "yz"} {
		sum += i * len(w)
	}
	if best != nil {
		*best++
	}
	list := []*int32{&total, best}
	return bpf.XDPAction(int32(sum+len(p)) + *list[0] + total)
}

// RUN Filter packet=00*14 => 53
