// Package atomic is the part of sync/atomic that kernel code can use.
package atomic

// AddInt32 adds delta to *addr and gives the new value.
func AddInt32(addr *int32, delta int32) (new int32) { return fetchAddInt32(addr, delta) + delta }

//bpf:intrinsic atomic_fetch_add
func fetchAddInt32(addr *int32, delta int32) (old int32)

// AndInt32 keeps in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_and
func AndInt32(addr *int32, mask int32) (old int32)

// OrInt32 sets in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_or
func OrInt32(addr *int32, mask int32) (old int32)

// SwapInt32 puts new into *addr and gives the old value.
//
//bpf:intrinsic atomic_exchange
func SwapInt32(addr *int32, new int32) (old int32)

// CompareAndSwapInt32 puts new into *addr where old is there, and tells whether it was.
func CompareAndSwapInt32(addr *int32, old, new int32) (swapped bool) {
	return compareExchangeInt32(addr, old, new) == old
}

//bpf:intrinsic atomic_compare_exchange
func compareExchangeInt32(addr *int32, old, new int32) (was int32)

// LoadInt32 gives *addr.
//
//bpf:intrinsic atomic_load
func LoadInt32(addr *int32) (val int32)

// StoreInt32 puts val into *addr.
//
//bpf:intrinsic atomic_store
func StoreInt32(addr *int32, val int32)

// AddInt64 adds delta to *addr and gives the new value.
func AddInt64(addr *int64, delta int64) (new int64) { return fetchAddInt64(addr, delta) + delta }

//bpf:intrinsic atomic_fetch_add
func fetchAddInt64(addr *int64, delta int64) (old int64)

// AndInt64 keeps in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_and
func AndInt64(addr *int64, mask int64) (old int64)

// OrInt64 sets in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_or
func OrInt64(addr *int64, mask int64) (old int64)

// SwapInt64 puts new into *addr and gives the old value.
//
//bpf:intrinsic atomic_exchange
func SwapInt64(addr *int64, new int64) (old int64)

// CompareAndSwapInt64 puts new into *addr where old is there, and tells whether it was.
func CompareAndSwapInt64(addr *int64, old, new int64) (swapped bool) {
	return compareExchangeInt64(addr, old, new) == old
}

//bpf:intrinsic atomic_compare_exchange
func compareExchangeInt64(addr *int64, old, new int64) (was int64)

// LoadInt64 gives *addr.
//
//bpf:intrinsic atomic_load
func LoadInt64(addr *int64) (val int64)

// StoreInt64 puts val into *addr.
//
//bpf:intrinsic atomic_store
func StoreInt64(addr *int64, val int64)

// AddUint32 adds delta to *addr and gives the new value.
func AddUint32(addr *uint32, delta uint32) (new uint32) { return fetchAddUint32(addr, delta) + delta }

//bpf:intrinsic atomic_fetch_add
func fetchAddUint32(addr *uint32, delta uint32) (old uint32)

// AndUint32 keeps in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_and
func AndUint32(addr *uint32, mask uint32) (old uint32)

// OrUint32 sets in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_or
func OrUint32(addr *uint32, mask uint32) (old uint32)

// SwapUint32 puts new into *addr and gives the old value.
//
//bpf:intrinsic atomic_exchange
func SwapUint32(addr *uint32, new uint32) (old uint32)

// CompareAndSwapUint32 puts new into *addr where old is there, and tells whether it was.
func CompareAndSwapUint32(addr *uint32, old, new uint32) (swapped bool) {
	return compareExchangeUint32(addr, old, new) == old
}

//bpf:intrinsic atomic_compare_exchange
func compareExchangeUint32(addr *uint32, old, new uint32) (was uint32)

// LoadUint32 gives *addr.
//
//bpf:intrinsic atomic_load
func LoadUint32(addr *uint32) (val uint32)

// StoreUint32 puts val into *addr.
//
//bpf:intrinsic atomic_store
func StoreUint32(addr *uint32, val uint32)

// AddUint64 adds delta to *addr and gives the new value.
func AddUint64(addr *uint64, delta uint64) (new uint64) { return fetchAddUint64(addr, delta) + delta }

//bpf:intrinsic atomic_fetch_add
func fetchAddUint64(addr *uint64, delta uint64) (old uint64)

// AndUint64 keeps in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_and
func AndUint64(addr *uint64, mask uint64) (old uint64)

// OrUint64 sets in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_or
func OrUint64(addr *uint64, mask uint64) (old uint64)

// SwapUint64 puts new into *addr and gives the old value.
//
//bpf:intrinsic atomic_exchange
func SwapUint64(addr *uint64, new uint64) (old uint64)

// CompareAndSwapUint64 puts new into *addr where old is there, and tells whether it was.
func CompareAndSwapUint64(addr *uint64, old, new uint64) (swapped bool) {
	return compareExchangeUint64(addr, old, new) == old
}

//bpf:intrinsic atomic_compare_exchange
func compareExchangeUint64(addr *uint64, old, new uint64) (was uint64)

// LoadUint64 gives *addr.
//
//bpf:intrinsic atomic_load
func LoadUint64(addr *uint64) (val uint64)

// StoreUint64 puts val into *addr.
//
//bpf:intrinsic atomic_store
func StoreUint64(addr *uint64, val uint64)

// AddUintptr adds delta to *addr and gives the new value.
func AddUintptr(addr *uintptr, delta uintptr) (new uintptr) { return fetchAddUintptr(addr, delta) + delta }

//bpf:intrinsic atomic_fetch_add
func fetchAddUintptr(addr *uintptr, delta uintptr) (old uintptr)

// AndUintptr keeps in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_and
func AndUintptr(addr *uintptr, mask uintptr) (old uintptr)

// OrUintptr sets in *addr the bits of mask, and gives the old value.
//
//bpf:intrinsic atomic_fetch_or
func OrUintptr(addr *uintptr, mask uintptr) (old uintptr)

// SwapUintptr puts new into *addr and gives the old value.
//
//bpf:intrinsic atomic_exchange
func SwapUintptr(addr *uintptr, new uintptr) (old uintptr)

// CompareAndSwapUintptr puts new into *addr where old is there, and tells whether it was.
func CompareAndSwapUintptr(addr *uintptr, old, new uintptr) (swapped bool) {
	return compareExchangeUintptr(addr, old, new) == old
}

//bpf:intrinsic atomic_compare_exchange
func compareExchangeUintptr(addr *uintptr, old, new uintptr) (was uintptr)

// LoadUintptr gives *addr.
//
//bpf:intrinsic atomic_load
func LoadUintptr(addr *uintptr) (val uintptr)

// StoreUintptr puts val into *addr.
//
//bpf:intrinsic atomic_store
func StoreUintptr(addr *uintptr, val uintptr)

// noCopy is what must not be copied after its first use.
type noCopy struct{}

// align64 has the alignment of 64-bit numbers.
type align64 struct{}

// Int32 is an int32 that is changed atomically.
type Int32 struct {
	_ noCopy
	v int32
}

// Load gives the value.
func (x *Int32) Load() int32 { return LoadInt32(&x.v) }

// Store puts val in.
func (x *Int32) Store(val int32) { StoreInt32(&x.v, val) }

// Swap puts new in and gives the old value.
func (x *Int32) Swap(new int32) (old int32) { return SwapInt32(&x.v, new) }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Int32) CompareAndSwap(old, new int32) (swapped bool) {
	return CompareAndSwapInt32(&x.v, old, new)
}

// Add adds delta and gives the new value.
func (x *Int32) Add(delta int32) (new int32) { return AddInt32(&x.v, delta) }

// And keeps the bits of mask and gives the old value.
func (x *Int32) And(mask int32) (old int32) { return AndInt32(&x.v, mask) }

// Or sets the bits of mask and gives the old value.
func (x *Int32) Or(mask int32) (old int32) { return OrInt32(&x.v, mask) }

// Int64 is an int64 that is changed atomically.
type Int64 struct {
	_ noCopy
	_ align64
	v int64
}

// Load gives the value.
func (x *Int64) Load() int64 { return LoadInt64(&x.v) }

// Store puts val in.
func (x *Int64) Store(val int64) { StoreInt64(&x.v, val) }

// Swap puts new in and gives the old value.
func (x *Int64) Swap(new int64) (old int64) { return SwapInt64(&x.v, new) }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Int64) CompareAndSwap(old, new int64) (swapped bool) {
	return CompareAndSwapInt64(&x.v, old, new)
}

// Add adds delta and gives the new value.
func (x *Int64) Add(delta int64) (new int64) { return AddInt64(&x.v, delta) }

// And keeps the bits of mask and gives the old value.
func (x *Int64) And(mask int64) (old int64) { return AndInt64(&x.v, mask) }

// Or sets the bits of mask and gives the old value.
func (x *Int64) Or(mask int64) (old int64) { return OrInt64(&x.v, mask) }

// Uint32 is a uint32 that is changed atomically.
type Uint32 struct {
	_ noCopy
	v uint32
}

// Load gives the value.
func (x *Uint32) Load() uint32 { return LoadUint32(&x.v) }

// Store puts val in.
func (x *Uint32) Store(val uint32) { StoreUint32(&x.v, val) }

// Swap puts new in and gives the old value.
func (x *Uint32) Swap(new uint32) (old uint32) { return SwapUint32(&x.v, new) }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Uint32) CompareAndSwap(old, new uint32) (swapped bool) {
	return CompareAndSwapUint32(&x.v, old, new)
}

// Add adds delta and gives the new value.
func (x *Uint32) Add(delta uint32) (new uint32) { return AddUint32(&x.v, delta) }

// And keeps the bits of mask and gives the old value.
func (x *Uint32) And(mask uint32) (old uint32) { return AndUint32(&x.v, mask) }

// Or sets the bits of mask and gives the old value.
func (x *Uint32) Or(mask uint32) (old uint32) { return OrUint32(&x.v, mask) }

// Uint64 is a uint64 that is changed atomically.
type Uint64 struct {
	_ noCopy
	_ align64
	v uint64
}

// Load gives the value.
func (x *Uint64) Load() uint64 { return LoadUint64(&x.v) }

// Store puts val in.
func (x *Uint64) Store(val uint64) { StoreUint64(&x.v, val) }

// Swap puts new in and gives the old value.
func (x *Uint64) Swap(new uint64) (old uint64) { return SwapUint64(&x.v, new) }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Uint64) CompareAndSwap(old, new uint64) (swapped bool) {
	return CompareAndSwapUint64(&x.v, old, new)
}

// Add adds delta and gives the new value.
func (x *Uint64) Add(delta uint64) (new uint64) { return AddUint64(&x.v, delta) }

// And keeps the bits of mask and gives the old value.
func (x *Uint64) And(mask uint64) (old uint64) { return AndUint64(&x.v, mask) }

// Or sets the bits of mask and gives the old value.
func (x *Uint64) Or(mask uint64) (old uint64) { return OrUint64(&x.v, mask) }

// Uintptr is a uintptr that is changed atomically.
type Uintptr struct {
	_ noCopy
	v uintptr
}

// Load gives the value.
func (x *Uintptr) Load() uintptr { return LoadUintptr(&x.v) }

// Store puts val in.
func (x *Uintptr) Store(val uintptr) { StoreUintptr(&x.v, val) }

// Swap puts new in and gives the old value.
func (x *Uintptr) Swap(new uintptr) (old uintptr) { return SwapUintptr(&x.v, new) }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Uintptr) CompareAndSwap(old, new uintptr) (swapped bool) {
	return CompareAndSwapUintptr(&x.v, old, new)
}

// Add adds delta and gives the new value.
func (x *Uintptr) Add(delta uintptr) (new uintptr) { return AddUintptr(&x.v, delta) }

// And keeps the bits of mask and gives the old value.
func (x *Uintptr) And(mask uintptr) (old uintptr) { return AndUintptr(&x.v, mask) }

// Or sets the bits of mask and gives the old value.
func (x *Uintptr) Or(mask uintptr) (old uintptr) { return OrUintptr(&x.v, mask) }

// Bool is a bool that is changed atomically.
type Bool struct {
	_ noCopy
	v uint32
}

// Load gives the value.
func (x *Bool) Load() bool { return LoadUint32(&x.v) != 0 }

// Store puts val in.
func (x *Bool) Store(val bool) { StoreUint32(&x.v, number(val)) }

// Swap puts new in and gives the old value.
func (x *Bool) Swap(new bool) (old bool) { return SwapUint32(&x.v, number(new)) != 0 }

// CompareAndSwap puts new in where old is there, and tells whether it was.
func (x *Bool) CompareAndSwap(old, new bool) (swapped bool) {
	return CompareAndSwapUint32(&x.v, number(old), number(new))
}

func number(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
