package bpf

import "sync"

// Results of map methods, as the kernel numbers them.
const (
	enoent = -2
	e2big  = -7
	eexist = -17
)

// How an entry may be put into a map, as the kernel numbers it (BPF_ANY, BPF_NOEXIST).
const (
	putAny    = 0
	putAbsent = 1
)

// entries is the native half of maps with keys.
type entries[K comparable, V any] struct {
	mutex  sync.Mutex
	values map[K]*V
	order  []K
}

func (e *entries[K, V]) lookup(key K) *V {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.values[key]
}

func (e *entries[K, V]) put(size uint32, evict bool, key K, value V, how int) int32 {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.values == nil {
		e.values = make(map[K]*V)
	}
	if _, found := e.values[key]; found {
		if how == putAbsent {
			return eexist
		}
		e.values[key] = &value
		return 0
	}
	if uint32(len(e.values)) >= size {
		if !evict || len(e.order) == 0 {
			return e2big
		}
		delete(e.values, e.order[0])
		e.order = e.order[1:]
	}
	e.values[key] = &value
	e.order = append(e.order, key)
	return 0
}

func (e *entries[K, V]) delete(key K) int32 {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if _, found := e.values[key]; !found {
		return enoent
	}
	delete(e.values, key)
	for i, known := range e.order {
		if known == key {
			e.order = append(e.order[:i], e.order[i+1:]...)
			break
		}
	}
	return 0
}

func (e *entries[K, V]) each(body func(K, *V) bool) int64 {
	e.mutex.Lock()
	keys := append([]K(nil), e.order...)
	e.mutex.Unlock()
	var calls int64
	for _, key := range keys {
		value := e.lookup(key)
		if value == nil {
			continue
		}
		calls++
		if !body(key, value) {
			break
		}
	}
	return calls
}

// elements is the native half of maps that are arrays.
type elements[V any] struct {
	mutex  sync.Mutex
	values []V
}

func (e *elements[V]) lookup(size, index uint32) *V {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.values == nil {
		e.values = make([]V, size)
	}
	if index >= uint32(len(e.values)) {
		return nil
	}
	return &e.values[index]
}

func (e *elements[V]) put(size, index uint32, value V) int32 {
	place := e.lookup(size, index)
	if place == nil {
		return e2big
	}
	*place = value
	return 0
}

func (e *elements[V]) each(size uint32, body func(uint32, *V) bool) int64 {
	for index := range size {
		if !body(index, e.lookup(size, index)) {
			return int64(index) + 1
		}
	}
	return int64(size)
}
