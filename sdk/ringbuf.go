package bpf

import (
	"sync"
	"unsafe"
)

// RingBuf is a ring buffer (BPF_MAP_TYPE_RINGBUF) of Size bytes, a power of two and a multiple of the page size, that
// carries records of type T to user space, in the order in which they are reserved.
//
//bpf:maptype 27 - - Size
type RingBuf[T any] struct {
	Size    uint32
	Flags   uint32
	records records[T]
}

// Reserve gives room for one record, or nil where the buffer is full. The kernel does not zero it: set every
// field. It must be submitted or discarded on every path.
//
//bpf:helper 131 map size:T const:0
func (m *RingBuf[T]) Reserve() *T {
	return m.records.reserve(m.Size)
}

// Submit hands a reserved record to user space.
//
//bpf:helper 132 val const:0
func (m *RingBuf[T]) Submit(record *T) {
	m.records.end(record, true)
}

// Discard gives a reserved record back.
//
//bpf:helper 133 val const:0
func (m *RingBuf[T]) Discard(record *T) {
	m.records.end(record, false)
}

// Output sends a copy of record to user space. The result is 0, or a negative errno such as -11 (EAGAIN) where the buffer
// is full.
//
//bpf:helper 130 map refmem const:0
func (m *RingBuf[T]) Output(record T) int64 {
	room := m.records.reserve(m.Size)
	if room == nil {
		return eagain
	}
	*room = record
	m.records.end(room, true)
	return 0
}

// Records gives what was submitted since the last call: the native half of reading the buffer.
func (m *RingBuf[T]) Records() []T {
	return m.records.take()
}

// eagain is the kernel's number of the error for a full ring buffer.
const eagain = -11

// recordHeader is what the kernel keeps before each record. Bytes.
const recordHeader = 8

// records is the native half of ring buffers.
type records[T any] struct {
	mutex    sync.Mutex
	used     uint64
	reserved []*T
	done     []T
}

func (r *records[T]) reserve(size uint32) *T {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	record := new(T)
	need := (uint64(unsafe.Sizeof(*record)) + recordHeader + 7) / 8 * 8
	if r.used+need > uint64(size) {
		return nil
	}
	r.used += need
	r.reserved = append(r.reserved, record)
	return record
}

func (r *records[T]) end(record *T, submit bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i, known := range r.reserved {
		if known == record {
			r.reserved = append(r.reserved[:i], r.reserved[i+1:]...)
			if submit {
				r.done = append(r.done, *record)
			}
			return
		}
	}
	panic("bpf: the record is not reserved, or was submitted or discarded before")
}

func (r *records[T]) take() []T {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	done := r.done
	r.done, r.used = nil, 0
	return done
}
