// Structs that hold themselves: what Go says of them and of what is made of them.
package words

import "github.com/miekg/bpf"

type (
	early struct{ x late }

	key struct {
		a uint8
		b key
	}

	pair struct{ a, b named }

	named struct {
		pair
		tag [4]byte
	}

	kind rule

	rule struct {
		prefix uint8
		kind   kind
	}

	color = outer

	outer struct{ c color }

	first struct{ y late }

	late struct{ z first }

	plain struct {
		x uint8
		y plain
	}

	holder struct{ k key }
)

const (
	other kind = iota
	some
)

var (
	values = map[key]uint32{}
	origin = pair{}
	within = []holder{{}}
	again  = key{}
)

func (p *pair) swap() named { return p.a }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	k := key{p[14], uint32(p[15])}
	v := values[k]
	_ = values[key{1, 1}]
	_ = origin.a
	_ = pair{1, 2}
	_ = plain{1, 2}
	var q plain
	_ = q.y.z
	var r *plain
	_ = r.missing
	var s *pair
	s.swap()
	_ = s.b.tag
	_ = kind(3)
	_ = rule{1, 2}
	_ = holder{k: 1}.k
	_ = color{1}
	_ = early{}.x
	return bpf.XDPAction(v)
}
