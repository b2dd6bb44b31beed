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
