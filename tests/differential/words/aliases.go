// Generic aliases: inference goes by what they stand for, and messages by their names.
package words

import "github.com/miekg/bpf"

type number interface{ ~int32 | ~uint8 }

type pair[A, B any] struct {
	first  A
	second B
}

type twins[T any] = pair[T, T]

type half[T any] = pair[number, T]

type fixed[T any] = pair[T, uintptr]

func sum[T number](p twins[T]) T { return p.first*3 + p.second }

func halves[T number](p half[T]) T { return p.second }

func fixes[T number](p fixed[T]) T { return p.first + p.second }

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	both := pair[int32, uint8]{1, 2}
	var other twins[uint8] = pair[uint8, uint16]{1, 2}
	third := twins[[]byte]{int32(1), nil}
	sum(both)
	sum(third)
	sum(other)
	halves(both)
	fixes(both)
	return bpf.XDPPass
}
