// Type assertions, type switches and goroutines: the kernel has none of them, Go's rules hold all the same.
package words

import "github.com/miekg/bpf"

type reader interface{ read() int }

type file struct{}

func (f *file) read() int { return 0 }

func assertParameter[T reader](x T) {
	_ = x.(file)
	switch x.(type) {
	}
}

type isParameter[P any] P

type isOwn[P any] = P

type twice struct{ x int }

type again struct{ x int }

type several struct {
	twice
	again
}

type embedsPointer struct {
	*reader
}

type clash struct{ name int }

func (c clash) name() {}

const (
	one, two = 1, 2
	three
)

func identity[T any](x T) T { return x }

func none[T any]() {}

func callParameter[T any](x T) {
	x()
	for range x {
	}
}

//bpf:section xdp
func Interfaces(ctx *bpf.XDP) bpf.XDPAction {
	var r reader
	n := 1
	_ = n.(int)
	_ = r.(file)
	v, ok := r.(*file)
	_, _ = v, ok
	var s string = r.(*file)
	_ = s
	switch n.(type) {
	}
	switch r.(type) {
	case file:
	case *file, nil, *file:
	case nil:
	}
	switch _ := r.(type) {
	}
	switch used := r.(type) {
	case *file:
		_ = used.missing
	default:
		_ = used.missing
	}
	switch unused := r.(type) {
	case *file:
	}
	switch r.(type) {
	case *file:
		fallthrough
	default:
	}
	go uint32(n)
	go len("a")
	go bpf.KtimeGetNs(1)
	assertParameter(&file{})
	var p [2]int
	p[0] := 1
	for p[0] := range 3 {
	}
	for p[0] := range []int{} {
	}
	var x isParameter[int]
	var y isOwn[int]
	_, _ = x, y
	_ = several{}.x
	_ = embedsPointer{}
	clash{}.name()
	_ = three
	var f func(int) = identity
	var g func(string) int = identity
	var h func() = none
	var i func(int, int) int = identity
	_, _, _, _ = f, g, h, i
	callParameter(1)
	return bpf.XDPPass
}
