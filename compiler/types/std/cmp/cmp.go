// Package cmp is the part of cmp that kernel code can use.
package cmp

// Ordered is a constraint of all types that < works on.
type Ordered interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 |
		~string
}

// Less tells whether x is less than y.
func Less[T Ordered](x, y T) bool { return x < y }

// Compare is -1, 0 or +1 where x is less than, equal to or greater than y.
func Compare[T Ordered](x, y T) int {
	if x < y {
		return -1
	}
	if x > y {
		return +1
	}
	return 0
}

// Or gives the first of its arguments that is not the zero value, or that.
func Or[T comparable](vals ...T) T {
	var zero T
	for _, val := range vals {
		if val != zero {
			return val
		}
	}
	return zero
}
