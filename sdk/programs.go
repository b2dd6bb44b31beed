package bpf

// ProgramArray holds up to MaxEntries programs (BPF_MAP_TYPE_PROG_ARRAY) that run on contexts of type C.
//
//bpf:maptype 3 uint32 uint32
type ProgramArray[C any] struct {
	MaxEntries uint32
	Flags      uint32
}

// TailCall goes on with the program at index instead of this one. It returns, with a negative errno, only where there is
// no such program, or after 33 tail calls.
//
//bpf:helper 12 val map val
func (m *ProgramArray[C]) TailCall(ctx *C, index uint32) int64 {
	panic("bpf: only a kernel can make a tail call")
}

// PerfEventArray carries records of type T to user space (BPF_MAP_TYPE_PERF_EVENT_ARRAY), in a buffer of each processor,
// from programs that run on contexts of type C. A RingBuf is newer (5.8), keeps the order and needs less memory.
//
//bpf:maptype 4 uint32 uint32
type PerfEventArray[C, T any] struct {
	MaxEntries uint32
	Flags      uint32
	records    []T
}

// Output sends a copy of record. The result is 0, or a negative errno such as -2 (ENOENT) where nobody reads.
//
//bpf:helper 25 val map const:0xffffffff refmem
func (m *PerfEventArray[C, T]) Output(ctx *C, record T) int64 {
	m.records = append(m.records, record)
	return 0
}

// Records gives what was sent since the last call: the native half of reading the buffers.
func (m *PerfEventArray[C, T]) Records() []T {
	records := m.records
	m.records = nil
	return records
}
