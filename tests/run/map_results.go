// What operations on maps say, as numbers of 64 bits: before 6.4 they come as numbers of 32.
package results

import "github.com/miekg/bpf"

var (
	queue = bpf.Queue[uint32]{MaxEntries: 1}
	stack = bpf.Stack[uint32]{MaxEntries: 1}
	hash  = bpf.Hash[uint32, uint64]{MaxEntries: 1}
	array = bpf.Array[uint64]{MaxEntries: 3}
)

// All adds up results: each must be exact in all of its bits.
//
//bpf:section xdp
func All(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var v uint32
	sum := queue.Peek(&v)
	sum += queue.Pop(&v) * 10
	sum += queue.Push(uint32(p[14])) * 100
	sum += queue.Push(5) * 1000
	sum += stack.Peek(&v) * 10000
	sum += int64(hash.Delete(uint32(p[14]))) * 100000
	sum += array.ForEach(func(index uint32, value *uint64) bool { return index < 1 }) * 1000000
	return bpf.XDPAction(sum>>32) + bpf.XDPAction(sum%1000) + bpf.XDPAction(sum/1000)
}

// Negative compares results with constants, with each other, and with what was kept.
//
//bpf:section xdp
func Negative(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return -1
	}
	var v uint32
	r := bpf.XDPAction(0)
	if stack.Pop(&v) < 0 {
		r += 1
	}
	if stack.Pop(&v) == -2 {
		r += 10
	}
	if stack.Pop(&v) == int64(hash.Delete(uint32(p[15]))) {
		r += 100
	}
	if stack.Pop(&v) < int64(p[14]) {
		r += 1000
	}
	if uint64(stack.Pop(&v)) > 1<<40 {
		r += 10000
	}
	last := stack.Pop(&v)
	if last < 0 {
		r += bpf.XDPAction(last * int64(p[14]))
	}
	return r
}

// RUN All packet=00*14_07_00*5 => 2750
// RUN Negative packet=00*14_07_09_00*4 => 11097
