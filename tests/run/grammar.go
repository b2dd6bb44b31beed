// Rarer ways to write what other files show: literals of all kinds, an embedded pointer-free struct with a tag, method
// expressions, blank names, an empty statement.
package grammar

import (
	. "math/bits"

	"github.com/miekg/bpf"
)

type (
	word = uint32

	inner struct {
		A uint8 `kernel:"a"`
	}

	outer struct {
		inner
		B word
	}

	source interface {
		~uint16 | ~uint32
	}

	stepper interface {
		~uint32
		step(by word) word
	}

	count uint32
)

func (c count) step(by word) word {
	return word(c) + by
}

func twice[T stepper](x T) word {
	return x.step(x.step(1))
}

func (o outer) sum(n word) word {
	return word(o.A) + o.B + n
}

func low[T source](x T) uint8 {
	return uint8(x)
}

//bpf:section xdp
func Literals(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return -1
	}
	const (
		binary = 0b1_01
		octal  = 0o17
		old    = 017
		hex    = 0x_ff
		half   = 0x1p-1 * 4
		float  = .25e1 * 2
		letter = '\u00e9' - '\U000000e8' + '\n' - '\012' + '\x41'
	)
	var total word = binary + octal + old + hex + half + float + letter
	text := "\u00e9\x01\101\U0001F600" + `raw\n`
	total += word(len(text))
	;
	total += word(OnesCount8(p[14]))
	return bpf.XDPAction(total)
}

//bpf:section xdp
func Declarations(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return -1
	}
	var _, b = p[14], p[15]
	o := outer{inner{b}, 7}
	f := (outer).sum
	total := f(o, 1) + outer.sum(o, 2)
	total += word(low(total))
	switch {
	case b > 3:
		total++
		fallthrough
	case b > 100:
		total += twice(count(b))
	default:
		total = 0
	}
	return bpf.XDPAction(total)
}

// RUN Literals packet=00*14_ff00 => 384
// RUN Declarations packet=00*14_0104 => 60
