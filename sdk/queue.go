package bpf

import "sync"

// Queue is a queue (BPF_MAP_TYPE_QUEUE) of at most MaxEntries values: first in, first out.
//
//bpf:maptype 22 - V
type Queue[V any] struct {
	MaxEntries uint32
	Flags      uint32
	line       line[V]
}

// Push puts a value at the end. The result is 0, or a negative errno such as -7 (E2BIG) where the queue is full.
//
//bpf:helper 87 map ref const:0
func (m *Queue[V]) Push(value V) int64 {
	return m.line.push(m.MaxEntries, value)
}

// Pop takes the first value out into value. The result is 0, or -2 (ENOENT) where the queue is empty.
//
//bpf:helper 88 map val
func (m *Queue[V]) Pop(value *V) int64 {
	return m.line.take(value, 0, true)
}

// Peek copies the first value into value. The result is 0, or -2 (ENOENT) where the queue is empty.
//
//bpf:helper 89 map val
func (m *Queue[V]) Peek(value *V) int64 {
	return m.line.take(value, 0, false)
}

// Stack is a stack (BPF_MAP_TYPE_STACK) of at most MaxEntries values: last in, first out.
//
//bpf:maptype 23 - V
type Stack[V any] struct {
	MaxEntries uint32
	Flags      uint32
	line       line[V]
}

// Push puts a value on top. The result is 0, or a negative errno such as -7 (E2BIG) where the stack is full.
//
//bpf:helper 87 map ref const:0
func (m *Stack[V]) Push(value V) int64 {
	return m.line.push(m.MaxEntries, value)
}

// Pop takes the value on top out into value. The result is 0, or -2 (ENOENT) where the stack is empty.
//
//bpf:helper 88 map val
func (m *Stack[V]) Pop(value *V) int64 {
	return m.line.take(value, -1, true)
}

// Peek copies the value on top into value. The result is 0, or -2 (ENOENT) where the stack is empty.
//
//bpf:helper 89 map val
func (m *Stack[V]) Peek(value *V) int64 {
	return m.line.take(value, -1, false)
}

// line is the native half of queues and stacks.
type line[V any] struct {
	mutex  sync.Mutex
	values []V
}

func (l *line[V]) push(size uint32, value V) int64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if uint32(len(l.values)) >= size {
		return e2big
	}
	l.values = append(l.values, value)
	return 0
}

// take gives the first value, or the last where end is -1; an empty line leaves the value zero, as the kernel does.
func (l *line[V]) take(value *V, end int, remove bool) int64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.values) == 0 {
		var zero V
		*value = zero
		return enoent
	}
	index := 0
	if end < 0 {
		index = len(l.values) - 1
	}
	*value = l.values[index]
	if remove {
		l.values = append(l.values[:index], l.values[index+1:]...)
	}
	return 0
}
