// Package bits is math/bits for kernel code, without branches where there is a way: the verifier follows each.
package bits

// UintSize is the size of a uint in bits.
const UintSize = 64

// Masks for steps that work on all groups of bits at once.
const (
	m0 = 0x5555555555555555 // every other bit
	m1 = 0x3333333333333333 // every other two
	m2 = 0x0f0f0f0f0f0f0f0f // every other four
)

// OnesCount64 is the number of ones in x.
func OnesCount64(x uint64) int {
	x -= x >> 1 & m0
	x = x&m1 + x>>2&m1
	x = (x + x>>4) & m2
	return int(x * 0x0101010101010101 >> 56)
}

// OnesCount is the number of ones in x.
func OnesCount(x uint) int { return OnesCount64(uint64(x)) }

// OnesCount8 is the number of ones in x.
func OnesCount8(x uint8) int { return OnesCount64(uint64(x)) }

// OnesCount16 is the number of ones in x.
func OnesCount16(x uint16) int { return OnesCount64(uint64(x)) }

// OnesCount32 is the number of ones in x.
func OnesCount32(x uint32) int { return OnesCount64(uint64(x)) }

// Len64 is the number of bits that x needs; 0 for 0.
func Len64(x uint64) int {
	x |= x >> 1
	x |= x >> 2
	x |= x >> 4
	x |= x >> 8
	x |= x >> 16
	x |= x >> 32
	return OnesCount64(x)
}

// Len is the number of bits that x needs; 0 for 0.
func Len(x uint) int { return Len64(uint64(x)) }

// Len8 is the number of bits that x needs; 0 for 0.
func Len8(x uint8) int { return Len64(uint64(x)) }

// Len16 is the number of bits that x needs; 0 for 0.
func Len16(x uint16) int { return Len64(uint64(x)) }

// Len32 is the number of bits that x needs; 0 for 0.
func Len32(x uint32) int { return Len64(uint64(x)) }

// LeadingZeros is the number of zeros before the highest one in x; UintSize for 0.
func LeadingZeros(x uint) int { return UintSize - Len(x) }

// LeadingZeros8 is the number of zeros before the highest one in x; 8 for 0.
func LeadingZeros8(x uint8) int { return 8 - Len8(x) }

// LeadingZeros16 is the number of zeros before the highest one in x; 16 for 0.
func LeadingZeros16(x uint16) int { return 16 - Len16(x) }

// LeadingZeros32 is the number of zeros before the highest one in x; 32 for 0.
func LeadingZeros32(x uint32) int { return 32 - Len32(x) }

// LeadingZeros64 is the number of zeros before the highest one in x; 64 for 0.
func LeadingZeros64(x uint64) int { return 64 - Len64(x) }

// TrailingZeros is the number of zeros after the lowest one in x; UintSize for 0.
func TrailingZeros(x uint) int { return OnesCount(x&-x - 1) }

// TrailingZeros64 is the number of zeros after the lowest one in x; 64 for 0.
func TrailingZeros64(x uint64) int { return OnesCount64(x&-x - 1) }

// TrailingZeros8 is the number of zeros after the lowest one in x; 8 for 0.
func TrailingZeros8(x uint8) int { return OnesCount8(x&-x - 1) }

// TrailingZeros16 is the number of zeros after the lowest one in x; 16 for 0.
func TrailingZeros16(x uint16) int { return OnesCount16(x&-x - 1) }

// TrailingZeros32 is the number of zeros after the lowest one in x; 32 for 0.
func TrailingZeros32(x uint32) int { return OnesCount32(x&-x - 1) }

// RotateLeft moves the bits of x left by k, or right by -k; what leaves on one side comes in on the other.
func RotateLeft(x uint, k int) uint {
	s := uint(k) & (UintSize - 1)
	return x<<s | x>>(UintSize-s)
}

// RotateLeft8 moves the bits of x left by k, or right by -k; what leaves on one side comes in on the other.
func RotateLeft8(x uint8, k int) uint8 {
	s := uint(k) & (8 - 1)
	return x<<s | x>>(8-s)
}

// RotateLeft16 moves the bits of x left by k, or right by -k; what leaves on one side comes in on the other.
func RotateLeft16(x uint16, k int) uint16 {
	s := uint(k) & (16 - 1)
	return x<<s | x>>(16-s)
}

// RotateLeft32 moves the bits of x left by k, or right by -k; what leaves on one side comes in on the other.
func RotateLeft32(x uint32, k int) uint32 {
	s := uint(k) & (32 - 1)
	return x<<s | x>>(32-s)
}

// RotateLeft64 moves the bits of x left by k, or right by -k; what leaves on one side comes in on the other.
func RotateLeft64(x uint64, k int) uint64 {
	s := uint(k) & (64 - 1)
	return x<<s | x>>(64-s)
}

// Reverse64 is x with its bits in reversed order.
func Reverse64(x uint64) uint64 {
	x = x>>1&m0 | x&m0<<1
	x = x>>2&m1 | x&m1<<2
	x = x>>4&m2 | x&m2<<4
	return ReverseBytes64(x)
}

// Reverse is x with its bits in reversed order.
func Reverse(x uint) uint { return uint(Reverse64(uint64(x))) }

// Reverse8 is x with its bits in reversed order.
func Reverse8(x uint8) uint8 { return uint8(Reverse64(uint64(x)) >> (64 - 8)) }

// Reverse16 is x with its bits in reversed order.
func Reverse16(x uint16) uint16 { return uint16(Reverse64(uint64(x)) >> (64 - 16)) }

// Reverse32 is x with its bits in reversed order.
func Reverse32(x uint32) uint32 { return uint32(Reverse64(uint64(x)) >> (64 - 32)) }

// ReverseBytes16 is x with its bytes in reversed order.
//
//bpf:intrinsic byte_swap_16
func ReverseBytes16(x uint16) uint16

// ReverseBytes32 is x with its bytes in reversed order.
//
//bpf:intrinsic byte_swap_32
func ReverseBytes32(x uint32) uint32

// ReverseBytes64 is x with its bytes in reversed order.
//
//bpf:intrinsic byte_swap_64
func ReverseBytes64(x uint64) uint64

// ReverseBytes is x with its bytes in reversed order.
func ReverseBytes(x uint) uint { return uint(ReverseBytes64(uint64(x))) }

// Add64 is x + y + carry, where carry is 0 or 1, and the carry out of it.
func Add64(x, y, carry uint64) (sum, carryOut uint64) {
	sum = x + y + carry
	return sum, (x&y | (x|y)&^sum) >> 63
}

// Sub64 is x - y - borrow, where borrow is 0 or 1, and the borrow out of it.
func Sub64(x, y, borrow uint64) (diff, borrowOut uint64) {
	diff = x - y - borrow
	return diff, (^x&y | ^(x^y)&diff) >> 63
}

// Add is Add64 for uint.
func Add(x, y, carry uint) (sum, carryOut uint) {
	s, c := Add64(uint64(x), uint64(y), uint64(carry))
	return uint(s), uint(c)
}

// Add32 is x + y + carry, where carry is 0 or 1, and the carry out of it.
func Add32(x, y, carry uint32) (sum, carryOut uint32) {
	whole := uint64(x) + uint64(y) + uint64(carry)
	return uint32(whole), uint32(whole >> 32)
}

// Sub is Sub64 for uint.
func Sub(x, y, borrow uint) (diff, borrowOut uint) {
	d, b := Sub64(uint64(x), uint64(y), uint64(borrow))
	return uint(d), uint(b)
}

// Sub32 is x - y - borrow, where borrow is 0 or 1, and the borrow out of it.
func Sub32(x, y, borrow uint32) (diff, borrowOut uint32) {
	diff = x - y - borrow
	return diff, (^x&y | ^(x^y)&diff) >> 31
}

// Mul64 is the product of x and y in 128 bits.
func Mul64(x, y uint64) (hi, lo uint64) {
	const low = 1<<32 - 1
	xl, xh, yl, yh := x&low, x>>32, y&low, y>>32
	middle := xh*yl + xl*yl>>32
	other := xl*yh + middle&low
	return xh*yh + middle>>32 + other>>32, x * y
}

// Mul is Mul64 for uint.
func Mul(x, y uint) (hi, lo uint) {
	h, l := Mul64(uint64(x), uint64(y))
	return uint(h), uint(l)
}

// Mul32 is the product of x and y in 64 bits.
func Mul32(x, y uint32) (hi, lo uint32) {
	whole := uint64(x) * uint64(y)
	return uint32(whole >> 32), uint32(whole)
}

// Div64 divides the 128 bits hi, lo by y. It panics where the quotient has more than 64 bits, and for y = 0.
func Div64(hi, lo, y uint64) (quo, rem uint64) {
	if y == 0 {
		panic("integer divide by zero")
	}
	if y <= hi {
		panic("integer overflow")
	}
	rem = hi
	for range 64 {
		carry := rem >> 63
		rem = rem<<1 | lo>>63
		lo <<= 1
		// Without a branch: verifiers would follow both ways of each turn, on their own.
		_, less := Sub64(rem, y, 0)
		fits := carry | (less ^ 1)
		rem -= y & -fits
		quo = quo<<1 | fits
	}
	return quo, rem
}

// Div is Div64 for uint.
func Div(hi, lo, y uint) (quo, rem uint) {
	q, r := Div64(uint64(hi), uint64(lo), uint64(y))
	return uint(q), uint(r)
}

// Div32 divides the 64 bits hi, lo by y. It panics where the quotient has more than 32 bits, and for y = 0.
func Div32(hi, lo, y uint32) (quo, rem uint32) {
	if y != 0 && y <= hi {
		panic("integer overflow")
	}
	whole := uint64(hi)<<32 | uint64(lo)
	return uint32(whole / uint64(y)), uint32(whole % uint64(y))
}

// Rem64 is the remainder of the 128 bits hi, lo by y, whatever the size of the quotient. It panics for y = 0.
func Rem64(hi, lo, y uint64) uint64 {
	_, rem := Div64(hi%y, lo, y)
	return rem
}

// Rem is Rem64 for uint.
func Rem(hi, lo, y uint) uint { return uint(Rem64(uint64(hi), uint64(lo), uint64(y))) }

// Rem32 is the remainder of the 64 bits hi, lo by y. It panics for y = 0.
func Rem32(hi, lo, y uint32) uint32 {
	return uint32((uint64(hi)<<32 | uint64(lo)) % uint64(y))
}
