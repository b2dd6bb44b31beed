// Records that functions reserve and return, and literals with large arrays that are assigned to them.
//
// RUN Report packet=00*14_0102030405060708090a0b0c0d0e0f10 => 4650
// RUN Report packet=01_00*13_0102030405060708090a0b0c0d0e0f10 => 1
// RUN Report packet=02_00*13_0102030405060708090a0b0c0d0e0f10 => 5310
// RUN Report packet=03_00*13_0102030405060708090a0b0c0d0e0f10 => 0
package probe

import "github.com/miekg/bpf"

type kind uint8

const (
	kindStart kind = iota
	kindNone
	kindStop
	kinds
)

type header struct {
	kind kind
	size uint32
	addr [6]byte
}

type Event struct {
	header
	Sum  uint64
	Path [200]byte
	Tail [3]uint16
}

type start struct {
	seen uint32
	path [200]byte
}

var (
	ring    = bpf.RingBuf[Event]{Size: 4096}
	starts  = bpf.Array[start]{MaxEntries: 1}
	dropped uint32
)

func newEvent(k kind) *Event {
	if k == kindNone {
		return nil
	}
	e := ring.Reserve()
	if e == nil {
		dropped++
		return nil
	}
	e.kind = k
	return e
}

// describe says what is known, and whether anything is.
func describe(p []byte) (h header, ok bool) {
	h.kind = kind(p[0])
	if h.kind >= kinds {
		return h, false
	}
	h.size = uint32(len(p))
	copy(h.addr[:], p[6:12])
	return h, true
}

func addr() [6]byte { return [6]byte{1, 2, 3, 4, 5, 6} }

func (e *Event) submit() { ring.Submit(e) }

func sum(bytes []byte) (total uint64) {
	for i, b := range bytes {
		total += uint64(b) * uint64(i+1)
	}
	return total
}

//bpf:section xdp
func Report(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 30 {
		return bpf.XDPAborted
	}
	h, ok := describe(p)
	if !ok {
		return bpf.XDPAborted
	}
	s := starts.Lookup(0)
	if s == nil {
		return bpf.XDPAborted
	}
	s.seen++
	copy(s.path[:], p[14:30])
	s.path[199] = byte(h.kind)
	e := newEvent(h.kind)
	if e == nil {
		return bpf.XDPDrop
	}
	before := e.kind
	*e = Event{
		header: h,
		Path:   s.path,
		Tail:   [3]uint16{1, uint16(s.seen)},
		Sum:    sum(s.path[:16]),
	}
	if before != h.kind {
		e.addr = addr()
	}
	// What is assigned may be made of what is there.
	*e = Event{header: header{kind: e.kind, size: e.size + 1, addr: addr()}, Path: e.Path, Sum: e.Sum + uint64(e.Tail[0])}
	result := e.Sum + uint64(e.Path[199])*100 + uint64(e.Path[15]) + uint64(e.size) + uint64(e.addr[5]) + sum(e.Path[190:])
	if e.Tail != [3]uint16{} {
		result = 7
	}
	result *= 3
	e.submit()
	return bpf.XDPAction(result)
}
