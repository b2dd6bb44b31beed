package bpf

// Hash is a hash map (BPF_MAP_TYPE_HASH) of at most MaxEntries entries.
//
//bpf:maptype 1 K V
type Hash[K comparable, V any] struct {
	MaxEntries uint32
	Flags      uint32
	entries    entries[K, V]
}

// Lookup gives a pointer to the value of key in the map, or nil where the map has no such key.
//
//bpf:helper 1 map ref
func (m *Hash[K, V]) Lookup(key K) *V {
	return m.entries.lookup(key)
}

// Update puts an entry, new or not. The result is 0, or a negative errno such as -7 (E2BIG) where the map is full.
//
//bpf:helper 2 map ref ref const:0
func (m *Hash[K, V]) Update(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, false, key, value, putAny)
}

// Insert puts an entry whose key the map does not have. The result is 0, or a negative errno such as -17 (EEXIST).
//
//bpf:helper 2 map ref ref const:1
func (m *Hash[K, V]) Insert(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, false, key, value, putAbsent)
}

// Delete removes the entry of key. The result is 0, or a negative errno such as -2 (ENOENT).
//
//bpf:helper 3 map ref
func (m *Hash[K, V]) Delete(key K) int32 {
	return m.entries.delete(key)
}

// ForEach calls body with every entry until it returns false, in no order. The result is how often it was called.
//
//bpf:helper 164 map func:_,*key,value const:0
func (m *Hash[K, V]) ForEach(body func(key K, value *V) bool) int64 {
	return m.entries.each(body)
}

// LRUHash is a hash map (BPF_MAP_TYPE_LRU_HASH) that drops the entry least recently used when it is full.
//
//bpf:maptype 9 K V
type LRUHash[K comparable, V any] struct {
	MaxEntries uint32
	Flags      uint32
	entries    entries[K, V]
}

// Lookup gives a pointer to the value of key in the map, or nil where the map has no such key.
//
//bpf:helper 1 map ref
func (m *LRUHash[K, V]) Lookup(key K) *V {
	return m.entries.lookup(key)
}

// Update puts an entry, new or not. The result is 0, or a negative errno.
//
//bpf:helper 2 map ref ref const:0
func (m *LRUHash[K, V]) Update(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, true, key, value, putAny)
}

// Insert puts an entry whose key the map does not have. The result is 0, or a negative errno such as -17 (EEXIST).
//
//bpf:helper 2 map ref ref const:1
func (m *LRUHash[K, V]) Insert(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, true, key, value, putAbsent)
}

// Delete removes the entry of key. The result is 0, or a negative errno such as -2 (ENOENT).
//
//bpf:helper 3 map ref
func (m *LRUHash[K, V]) Delete(key K) int32 {
	return m.entries.delete(key)
}

// ForEach calls body with every entry until it returns false, in no order. The result is how often it was called.
//
//bpf:helper 164 map func:_,*key,value const:0
func (m *LRUHash[K, V]) ForEach(body func(key K, value *V) bool) int64 {
	return m.entries.each(body)
}

// PerCPUHash is a hash map (BPF_MAP_TYPE_PERCPU_HASH) with one value for each processor and key; programs see that
// of the processor that they run on.
//
//bpf:maptype 5 K V
type PerCPUHash[K comparable, V any] struct {
	MaxEntries uint32
	Flags      uint32
	entries    entries[K, V]
}

// Lookup gives a pointer to the value of key in the map, or nil where the map has no such key.
//
//bpf:helper 1 map ref
func (m *PerCPUHash[K, V]) Lookup(key K) *V {
	return m.entries.lookup(key)
}

// Update puts an entry, new or not. The result is 0, or a negative errno such as -7 (E2BIG) where the map is full.
//
//bpf:helper 2 map ref ref const:0
func (m *PerCPUHash[K, V]) Update(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, false, key, value, putAny)
}

// Insert puts an entry whose key the map does not have. The result is 0, or a negative errno such as -17 (EEXIST).
//
//bpf:helper 2 map ref ref const:1
func (m *PerCPUHash[K, V]) Insert(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, false, key, value, putAbsent)
}

// Delete removes the entry of key. The result is 0, or a negative errno such as -2 (ENOENT).
//
//bpf:helper 3 map ref
func (m *PerCPUHash[K, V]) Delete(key K) int32 {
	return m.entries.delete(key)
}

// ForEach calls body with every entry until it returns false, in no order. The result is how often it was called.
//
//bpf:helper 164 map func:_,*key,value const:0
func (m *PerCPUHash[K, V]) ForEach(body func(key K, value *V) bool) int64 {
	return m.entries.each(body)
}

// LRUCPUHash is a hash map (BPF_MAP_TYPE_LRU_PERCPU_HASH) with one value for each processor and key, which drops the entry
// least recently used when it is full.
//
//bpf:maptype 10 K V
type LRUCPUHash[K comparable, V any] struct {
	MaxEntries uint32
	Flags      uint32
	entries    entries[K, V]
}

// Lookup gives a pointer to the value of key in the map, or nil where the map has no such key.
//
//bpf:helper 1 map ref
func (m *LRUCPUHash[K, V]) Lookup(key K) *V {
	return m.entries.lookup(key)
}

// Update puts an entry, new or not. The result is 0, or a negative errno.
//
//bpf:helper 2 map ref ref const:0
func (m *LRUCPUHash[K, V]) Update(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, true, key, value, putAny)
}

// Insert puts an entry whose key the map does not have. The result is 0, or a negative errno such as -17 (EEXIST).
//
//bpf:helper 2 map ref ref const:1
func (m *LRUCPUHash[K, V]) Insert(key K, value V) int32 {
	return m.entries.put(m.MaxEntries, true, key, value, putAbsent)
}

// Delete removes the entry of key. The result is 0, or a negative errno such as -2 (ENOENT).
//
//bpf:helper 3 map ref
func (m *LRUCPUHash[K, V]) Delete(key K) int32 {
	return m.entries.delete(key)
}
