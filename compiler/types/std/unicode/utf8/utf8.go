// Package utf8 declares what kernel code may use of Go's package of that name.
package utf8

// Numbers of the encoding.
const (
	RuneError = '\uFFFD'
	RuneSelf  = 0x80
	MaxRune   = '\U0010FFFF'
	UTFMax    = 4
)

// DecodeRuneInString gives the first character of s and how many bytes it takes: (RuneError, 0) of an empty string,
// (RuneError, 1) where the bytes are not those of a character.
func DecodeRuneInString(s string) (rune, int) {
	if len(s) == 0 {
		return RuneError, 0
	}
	first := rune(s[0])
	if first < RuneSelf {
		return first, 1
	}
	if first < 0xc2 || first > 0xf4 || len(s) < 2 {
		return RuneError, 1
	}
	// The second byte is further restricted: no character has two encodings, and surrogates are none.
	low, high := byte(0x80), byte(0xbf)
	switch first {
	case 0xe0:
		low = 0xa0
	case 0xed:
		high = 0x9f
	case 0xf0:
		low = 0x90
	case 0xf4:
		high = 0x8f
	}
	second := s[1]
	if second < low || second > high {
		return RuneError, 1
	}
	if first < 0xe0 {
		return first&0x1f<<6 | rune(second&0x3f), 2
	}
	if len(s) < 3 {
		return RuneError, 1
	}
	third := s[2]
	if third&0xc0 != 0x80 {
		return RuneError, 1
	}
	if first < 0xf0 {
		return first&0x0f<<12 | rune(second&0x3f)<<6 | rune(third&0x3f), 3
	}
	if len(s) < 4 {
		return RuneError, 1
	}
	fourth := s[3]
	if fourth&0xc0 != 0x80 {
		return RuneError, 1
	}
	return first&0x07<<18 | rune(second&0x3f)<<12 | rune(third&0x3f)<<6 | rune(fourth&0x3f), 4
}

// RuneLen gives the number of bytes of r, or -1 where r is no character.
func RuneLen(r rune) int {
	switch {
	case r < 0:
		return -1
	case r < 0x80:
		return 1
	case r < 0x800:
		return 2
	case 0xd800 <= r && r <= 0xdfff:
		return -1
	case r < 0x10000:
		return 3
	case r <= MaxRune:
		return 4
	}
	return -1
}

// ValidRune is true of the number of a character.
func ValidRune(r rune) bool {
	return RuneLen(r) > 0
}

// RuneStart is true of the first byte of a character.
func RuneStart(b byte) bool {
	return b&0xc0 != 0x80
}

// RuneCountInString gives the number of characters of s.
func RuneCountInString(s string) (n int) {
	for range s {
		n++
	}
	return n
}

// ValidString is true where s is made of characters.
func ValidString(s string) bool {
	for i, r := range s {
		if r == RuneError {
			if _, size := DecodeRuneInString(s[i:]); size < 3 {
				return false
			}
		}
	}
	return true
}
