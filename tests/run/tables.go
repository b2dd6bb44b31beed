// Package variables that hold strings, or are slices, and elements of tables that are chosen while the program runs.
//
// RUN Classify packet=00*14_2f6574632f736861646f77000000000000000000 => -715418401
// RUN Classify packet=01_00*13_2f626f6f742f2e73736800000000000000000000 => 1402041146
// RUN Classify packet=02_50_00*12_2f7661722f6c69622f7365637265747300000000 => -878107929
// RUN Classify packet=03_bb_00*12_2f746d702f78000000000000000000000000000000 => -1189614635
// RUN Classify packet=09_00*13_2f746d702f78000000000000000000000000000000 => 0
package probe

import (
	"strings"

	"github.com/miekg/bpf"
)

type Kind uint8

const (
	Other Kind = iota
	Secret
	Home
	State
	numKinds
)

var kindNames = [numKinds]string{Other: "other", Secret: "secret", Home: "home directory", State: "state"}

func (k Kind) String() string { return kindNames[k] }

type rule struct {
	prefix string
	kind   Kind
}

var (
	rules    = [...]rule{{"/etc/shadow", Secret}, {"/boot/", Home}, {"/var/lib/", State}}
	suffixes = []string{"shadow", ".ssh", "x"}
	ports    = []uint16{22, 80, 443, 8080}
	weights  = []struct{ port, weight uint32 }{{22, 100}, {80, 10}}
	root     = "/root"
)

func classify(path string) Kind {
	for _, r := range rules {
		if strings.HasPrefix(path, r.prefix) {
			return r.kind
		}
	}
	return Other
}

func hash(s string) (h uint32) {
	for i := 0; i < len(s); i++ {
		h = h*31 + uint32(s[i])
	}
	return h
}

//bpf:section xdp
func Classify(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPAborted
	}
	path := string(p[14:34])
	kind := classify(path)
	sum := hash(kind.String())
	sum = sum*7 + hash(kindNames[Kind(p[0])])
	for i, suffix := range suffixes {
		if strings.Contains(path, suffix) {
			sum = sum*7 + uint32(i+1)
		}
	}
	sum += uint32(len(suffixes[p[0]&1]))
	for i, port := range ports {
		if port&0xff == uint16(p[1]) {
			ports[i]++
			sum = sum*7 + uint32(port)
		}
	}
	for _, w := range weights {
		sum += w.port * w.weight
	}
	if strings.HasPrefix(path, root) {
		sum += uint32(len(root)) + uint32(len(ports)) + uint32(cap(ports[1:3]))
	}
	return bpf.XDPAction(sum)
}
