package bpf

// maxLoops is the kernel's BPF_MAX_LOOPS, and e2bigLoop what more of them give.
const (
	e2bigLoop = e2big
	maxLoops  = 8 * 1024 * 1024
)

// Loop calls body with 0, 1, 2, ... below n, until it returns false. The result is how often it was called, or -7
// (E2BIG) where n is over 8,388,608. The verifier looks at body once, however large n is.
//
//bpf:helper 181 val func:index const:0
func Loop(n uint32, body func(index uint32) bool) int64 {
	if n > maxLoops {
		return e2bigLoop
	}
	for index := range n {
		if !body(index) {
			return int64(index) + 1
		}
	}
	return int64(n)
}
