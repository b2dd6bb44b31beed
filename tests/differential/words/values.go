// Values where they are used.
package words

import "github.com/miekg/bpf"

type pair struct{ first, second uint32 }

type speaker interface{ speak() }

func (p pair) sum() uint32 { return p.first + p.second }

func (p *pair) speak() {}

func nothing() {}

func several() (uint32, bool) { return 1, true }

func named() (n uint32, ok bool) { return 1, true }

func word(n uint32) {}

var speaking speaker = pair{}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	var small uint8 = 300
	var whole uint32 = 1.5
	var text string = 1
	var e error = 1
	word(small)
	word("s")
	word(nil)
	var one pair = &pair{}
	two := nil
	if p {
	}
	for whole {
	}
	const length = len(p)
	const never = nothing()
	_ = nothing()
	nothing().x()
	_ = several() + 1
	_ = named() == 1
	whole + 1
	text
	"s"
	pair{}
	several
	len
	_ = len
	len.x = 1
	return several()
}
