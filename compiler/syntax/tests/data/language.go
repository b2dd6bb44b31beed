package language

import "github.com/miekg/bpf"

type (
	Number interface {
		~int | ~uint64
		String() string
		fmt.Stringer
	}
	Pair[K comparable, V any] struct {
		Key K
		V
		List[int]
		grid [2][N]V
	}
	Alias         = map[string][]*Pair[int, string]
	Matrix [4][4]float32
	Weird[P *T, Q interface{ M() }] func(P, ...Q) (x, y int)
	Grid  [rows * cols]byte
	Chain         chan<- (<-chan func())
)

func Map[T, U any](in []T, f func(T) U) (out []U) {
	for _, x := range in {
		out = append(out, f(x))
	}
	for range 10 {
	}
	for k := range out {
		_ = k
	}
	var i int
	for i = range out {
	}
	return out
}

func (p *Pair[K, V]) Set(k K, v V) { p.Key, p.V = k, v }

func use(any interface{}, ch chan int, rest ...string) {
	defer func() { recover() }()
	go use(nil, ch)
	switch v := any.(type) {
	case nil:
	case int, *int:
		_ = v
	}
	select {
	case ch <- 1:
	case x, ok := <-ch:
		_, _ = x, ok
	case <-ch:
	default:
	}
	f := Map[int, string]
	_ = f([]int{1, 2}, func(i int) string { return string(rune(i)) })
	_ = Pair[int, string]{Key: 1, V: "x"}
	_ = [...]struct{ a, b int }{0: {1, 2}, {a: 3}}
	_ = map[Point][]Point{{1, 2}: {{3, 4}}}
	_ = -x + ^y*(*p)<<2 | a&^b == !c && d <= e
	_ = any.(interface{ M(int) error })
	use(nil, nil, rest...)
	if (T{1}) == t {
	}
	for ; ; i++ {
		var a, b = 1, 2
		const c = a
		type local struct{}
	}
	x.y().z[1], *p = 1, 2
	{
		;
	}
outer:
	for {
		break outer
	}
}
