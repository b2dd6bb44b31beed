package check

import "github.com/miekg/bpf"

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var a uint32 = 1
	var b uint64 = a // ERROR GB0204 "b" ERROR GB0202 "cannot use a .*uint32.* as uint64"
	c := undefined + 1 // ERROR GB0204 "c" ERROR GB0201 "undefined: undefined"
	d := 300 // ERROR GB0204 "declared and not used: d"
	e := uint8(300) // ERROR GB0204 "e" ERROR GB0208 "300 overflows uint8"
	if a == "x" { // ERROR GB0203 "mismatched types"
		return 1
	}
	return bpf.XDPPass
}
