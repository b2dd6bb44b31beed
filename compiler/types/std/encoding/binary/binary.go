// Package binary is the part of encoding/binary that kernel code can use: fixed-size numbers in byte slices, and varints.
package binary

// MaxVarintLenN is the number of bytes of a varint of N bits at most.
const (
	MaxVarintLen16 = 3
	MaxVarintLen32 = 5
	MaxVarintLen64 = 10
)

// Byte orders.
var (
	LittleEndian littleEndian
	BigEndian    bigEndian
	NativeEndian nativeEndian
)

type littleEndian struct{}

type bigEndian struct{}

// nativeEndian is little: kernel code is compiled for little-endian machines.
type nativeEndian struct {
	littleEndian
}

//bpf:intrinsic load_le16
func (littleEndian) Uint16(b []byte) uint16

//bpf:intrinsic store_le16
func (littleEndian) PutUint16(b []byte, v uint16)

//bpf:intrinsic load_le32
func (littleEndian) Uint32(b []byte) uint32

//bpf:intrinsic store_le32
func (littleEndian) PutUint32(b []byte, v uint32)

//bpf:intrinsic load_le64
func (littleEndian) Uint64(b []byte) uint64

//bpf:intrinsic store_le64
func (littleEndian) PutUint64(b []byte, v uint64)

//bpf:intrinsic load_be16
func (bigEndian) Uint16(b []byte) uint16

//bpf:intrinsic store_be16
func (bigEndian) PutUint16(b []byte, v uint16)

//bpf:intrinsic load_be32
func (bigEndian) Uint32(b []byte) uint32

//bpf:intrinsic store_be32
func (bigEndian) PutUint32(b []byte, v uint32)

//bpf:intrinsic load_be64
func (bigEndian) Uint64(b []byte) uint64

//bpf:intrinsic store_be64
func (bigEndian) PutUint64(b []byte, v uint64)

// PutUvarint writes x in 7-bit groups, the lowest first, and gives the number of bytes.
func PutUvarint(buf []byte, x uint64) int {
	i := 0
	for i < MaxVarintLen64-1 && x >= 0x80 {
		buf[i] = byte(x) | 0x80
		x >>= 7
		i++
	}
	buf[i] = byte(x)
	return i + 1
}

// PutVarint writes x with its sign in the lowest bit.
func PutVarint(buf []byte, x int64) int {
	return PutUvarint(buf, uint64(x)<<1^uint64(x>>63))
}

// Uvarint reads a number and gives the bytes that it took: 0 where buf is too small, negative where it has more than 64
// bits.
func Uvarint(buf []byte) (uint64, int) {
	var x uint64
	for i := range MaxVarintLen64 {
		if i >= len(buf) {
			return 0, 0
		}
		b := buf[i]
		if b < 0x80 {
			if i == MaxVarintLen64-1 && b > 1 {
				return 0, -(i + 1)
			}
			return x | uint64(b)<<(7*uint(i)), i + 1
		}
		x |= uint64(b&0x7f) << (7 * uint(i))
	}
	if len(buf) == MaxVarintLen64 {
		return 0, 0
	}
	return 0, -(MaxVarintLen64 + 1)
}

// Varint reads what PutVarint writes.
func Varint(buf []byte) (int64, int) {
	ux, n := Uvarint(buf)
	x := int64(ux >> 1)
	if ux&1 != 0 {
		x = ^x
	}
	return x, n
}
