package bpf

// Array is an array (BPF_MAP_TYPE_ARRAY) of MaxEntries elements, zero at first.
//
//bpf:maptype 2 uint32 V
type Array[V any] struct {
	MaxEntries uint32
	Flags      uint32
	elements   elements[V]
}

// Lookup gives a pointer to the element at index, or nil where the index is not below MaxEntries.
//
//bpf:helper 1 map ref
func (m *Array[V]) Lookup(index uint32) *V {
	return m.elements.lookup(m.MaxEntries, index)
}

// Update sets the element at index. The result is 0, or a negative errno such as -7 (E2BIG) past the end.
//
//bpf:helper 2 map ref ref const:0
func (m *Array[V]) Update(index uint32, value V) int32 {
	return m.elements.put(m.MaxEntries, index, value)
}

// ForEach calls body with every element, from the first on, until it returns false. The result is how often it was called.
//
//bpf:helper 164 map func:_,*index,value const:0
func (m *Array[V]) ForEach(body func(index uint32, value *V) bool) int64 {
	return m.elements.each(m.MaxEntries, body)
}

// PerCPUArray is an array (BPF_MAP_TYPE_PERCPU_ARRAY) with one element for each processor and index; programs see that of
// the processor that they run on.
//
//bpf:maptype 6 uint32 V
type PerCPUArray[V any] struct {
	MaxEntries uint32
	Flags      uint32
	elements   elements[V]
}

// Lookup gives a pointer to the element at index, or nil where the index is not below MaxEntries.
//
//bpf:helper 1 map ref
func (m *PerCPUArray[V]) Lookup(index uint32) *V {
	return m.elements.lookup(m.MaxEntries, index)
}

// Update sets the element at index. The result is 0, or a negative errno such as -7 (E2BIG) past the end.
//
//bpf:helper 2 map ref ref const:0
func (m *PerCPUArray[V]) Update(index uint32, value V) int32 {
	return m.elements.put(m.MaxEntries, index, value)
}

// ForEach calls body with every element, from the first on, until it returns false. The result is how often it was called.
//
//bpf:helper 164 map func:_,*index,value const:0
func (m *PerCPUArray[V]) ForEach(body func(index uint32, value *V) bool) int64 {
	return m.elements.each(m.MaxEntries, body)
}
