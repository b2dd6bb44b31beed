// Errors that functions return: one finding each, where the interface is declared. A function value of what is refused has
// none of its own.
package check

import (
	"errors"
	"fmt"

	"github.com/miekg/bpf"
)

func check(n int) error { // ERROR GB0303 "interfaces can't be used in the kernel"
	if n > 3 {
		return errors.New("large")
	}
	if n < 0 {
		return fmt.Errorf("negative: %d", n)
	}
	return nil
}

func both(n int) (ok bool, err error) { // ERROR GB0303 "interfaces can't be used in the kernel"
	return n > 0, errors.New("always")
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	var err error = errors.New("none")        // ERROR GB0303 "interfaces can't be used in the kernel"
	ops := [2]func(n int) int{double, double} // ERROR GB0304 "a function can't be kept in a field or an element"
	f := ops[0]
	_, err = both(f(1))
	if err != nil || check(4) != nil {
		return bpf.XDPDrop
	}
	_ = errors.New("dropped") // ERROR GB0312 "errors.New can't be used in kernel code"
	return bpf.XDPPass
}

func double(n int) int { return n * 2 }
