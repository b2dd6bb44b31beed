package main

import (
	"encoding/binary"
	"strconv"
)

// choose makes what a flag does that chooses the number whose bytes are data.
func choose(data []byte, signed bool) func(string) error {
	return func(text string) error {
		bits := 8 * len(data)
		number, err := strconv.ParseUint(text, 0, bits)
		if signed {
			var n int64
			n, err = strconv.ParseInt(text, 0, bits)
			number = uint64(n)
		}
		if err != nil {
			return err
		}
		var all [8]byte
		binary.NativeEndian.PutUint64(all[:], number)
		copy(data, all[:])
		return nil
	}
}

// chooseBool makes what a flag does that chooses the truth value whose byte is data.
func chooseBool(data []byte) func(string) error {
	return func(text string) error {
		value, err := strconv.ParseBool(text)
		data[0] = 0
		if value {
			data[0] = 1
		}
		return err
	}
}
