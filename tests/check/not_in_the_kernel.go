package check

import (
	"fmt"

	"github.com/miekg/bpf"
)

var events chan int

// native is never judged: nothing that runs in the kernel calls it.
func native() {
	go fmt.Println(<-events, 1.5)
}

func quit() {}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	go native() // ERROR GB0301 "goroutines"
	x := 1.5 // ERROR GB0305 "floating-point"
	_ = x
	for range 3 {
		defer quit() // ERROR GB0309 "defer in a loop"
	}
	return bpf.XDPPass
}

var counts = map[string]int{} // ERROR GB0311 "a Go map in the kernel"

var queue = make(chan uint64) // ERROR GB0302 "channels can't be used"

//bpf:section tracepoint/syscalls/sys_enter_getuid
func Refused(ctx *bpf.SysEnter) int32 {
	counts["a"]++
	queue <- 1
	return 0
}
