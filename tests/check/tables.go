// Package variables with strings, or that are slices, are known by their first values: kernel code can't change them.
package probe

import "github.com/miekg/bpf"

var (
	names  = [...]string{"open", "close"}
	open   = []uint16{22, 80}
	words  = []string{"a", "b"} // ERROR GB0316 "outside of the stack"
	prefix = "/etc/"
	later  string // ERROR GB0316 "outside of the stack"
)

func first(names []string) string { return names[0] }

func total(ports []uint16) (sum uint32) {
	for _, port := range ports {
		sum += uint32(port)
	}
	return sum
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	names[0] = "read" // ERROR GB0316 "can't change in the kernel"
	words[1] = "c"    // ERROR GB0316 "can't change in the kernel"
	prefix = "/usr/"  // ERROR GB0316 "can't change in the kernel"
	open = open[1:]   // ERROR GB0316 "can't change in the kernel"
	all := names[:]   // ERROR GB0316 "can't change in the kernel"
	if first(words) == "a" {
		return bpf.XDPDrop
	}
	open[0] = 21
	copied := names
	copied[0] = "write"
	if total(open) == 101 && len(all[0]) == len(copied[0]) && later == prefix {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}
