package bpf

import "testing"

func TestHashKeepsToItsSize(t *testing.T) {
	m := Hash[uint32, uint64]{MaxEntries: 2}
	if m.Lookup(1) != nil {
		t.Fatal("an empty map has an entry")
	}
	for key, want := range []int32{0, 0, e2big} {
		if got := m.Update(uint32(key), 7); got != want {
			t.Errorf("Update(%d) = %d, want %d", key, got, want)
		}
	}
	*m.Lookup(0)++
	if got := *m.Lookup(0); got != 8 {
		t.Errorf("value = %d, want 8", got)
	}
	if got := m.Insert(0, 1); got != eexist {
		t.Errorf("Insert = %d, want %d", got, eexist)
	}
	if got := m.Delete(9); got != enoent {
		t.Errorf("Delete = %d, want %d", got, enoent)
	}
	if got := m.Delete(0); got != 0 || m.Lookup(0) != nil {
		t.Errorf("Delete = %d, or the entry is still there", got)
	}
}

func TestLRUHashEvicts(t *testing.T) {
	m := LRUHash[uint32, uint32]{MaxEntries: 1}
	m.Update(1, 1)
	if got := m.Update(2, 2); got != 0 || m.Lookup(1) != nil || m.Lookup(2) == nil {
		t.Errorf("Update = %d, or the wrong entry is gone", got)
	}
}

func TestArrayStartsAtZero(t *testing.T) {
	m := Array[[2]uint16]{MaxEntries: 3}
	if got := *m.Lookup(2); got != [2]uint16{} {
		t.Errorf("element = %v", got)
	}
	if m.Lookup(3) != nil || m.Update(3, [2]uint16{}) != e2big {
		t.Error("an index past the end is accepted")
	}
}

func TestXDPSeesThePacket(t *testing.T) {
	if got := NewXDP([]byte{1, 2, 3}).Data(); len(got) != 3 || got[2] != 3 {
		t.Errorf("Data = %v", got)
	}
}

func TestCommIsEndedByZero(t *testing.T) {
	buf := [4]byte{9, 9, 9, 9}
	if got := GetCurrentComm(buf[:]); got != 0 || buf[3] != 0 || buf[0] == 9 {
		t.Errorf("GetCurrentComm = %d, %v", got, buf)
	}
}

func TestRingBufKeepsRecordsInOrder(t *testing.T) {
	m := RingBuf[uint64]{Size: 32}
	first, second := m.Reserve(), m.Reserve()
	if m.Reserve() != nil {
		t.Error("a full buffer gives a record")
	}
	*first, *second = 1, 2
	m.Discard(first)
	m.Submit(second)
	if got := m.Records(); len(got) != 1 || got[0] != 2 {
		t.Errorf("Records = %v", got)
	}
	if got := m.Output(3); got != 0 || m.Records()[0] != 3 {
		t.Errorf("Output = %d", got)
	}
}

func TestConstIsItsDefaultUntilItIsChosen(t *testing.T) {
	c := Const[uint32]{Default: 4}
	if got := c.Get(); got != 4 {
		t.Errorf("Get = %d", got)
	}
	c.Set(5)
	if got := c.Get(); got != 5 {
		t.Errorf("Get = %d", got)
	}
}

func TestLoopsStopWhereTheirBodySays(t *testing.T) {
	sum := uint32(0)
	until := func(last uint32) func(uint32) bool {
		return func(i uint32) bool { sum += i; return i != last }
	}
	if got := Loop(10, until(3)); got != 4 || sum != 6 {
		t.Errorf("Loop = %d, sum %d", got, sum)
	}
	if got := Loop(2, until(3)); got != 2 {
		t.Errorf("Loop = %d", got)
	}
	m := Array[uint32]{MaxEntries: 4}
	calls := m.ForEach(func(index uint32, value *uint32) bool { *value = index; return index < 2 })
	if calls != 3 || *m.Lookup(2) != 2 || *m.Lookup(3) != 0 {
		t.Errorf("ForEach = %d", calls)
	}
}

func TestQueuesAndStacksEndDifferently(t *testing.T) {
	q, s := Queue[int]{MaxEntries: 2}, Stack[int]{MaxEntries: 2}
	for value := range 3 {
		want := int64(0)
		if value == 2 {
			want = e2big
		}
		if got := [2]int64{q.Push(value), s.Push(value)}; got != [2]int64{want, want} {
			t.Errorf("Push(%d) = %v", value, got)
		}
	}
	var first, top int
	if q.Pop(&first); first != 0 {
		t.Errorf("the queue gives %d", first)
	}
	if s.Peek(&top); top != 1 {
		t.Errorf("the stack shows %d", top)
	}
	if s.Pop(&top); s.Pop(&top) != 0 || top != 0 || s.Pop(&top) != enoent {
		t.Error("the stack does not end")
	}
}
