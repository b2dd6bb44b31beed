package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

// follow prints the records of a ring buffer as they come. The function that it returns prints what is left, and ends.
func follow[T any](name string, m *ebpf.Map) (func() error, error) {
	reader, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("opening ring buffer %s: %w", name, advise(err))
	}
	done := make(chan error, 1)
	go func() { done <- printRecords[T](name, reader) }()
	end := func() error {
		return errors.Join(reader.Flush(), <-done, reader.Close())
	}
	return end, nil
}

// printRecords prints records until the reader is flushed.
func printRecords[T any](name string, reader *ringbuf.Reader) error {
	for {
		record, err := reader.Read()
		if errors.Is(err, ringbuf.ErrFlushed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading ring buffer %s: %w", name, err)
		}
		var value T
		if err := binary.Read(bytes.NewReader(record.RawSample), binary.NativeEndian, &value); err != nil {
			return fmt.Errorf("a record of ring buffer %s has %d bytes: %w", name, len(record.RawSample), err)
		}
		if _, err := fmt.Printf("%s: %s\n", name, show(reflect.ValueOf(value))); err != nil {
			return fmt.Errorf("printing a record: %w", err)
		}
	}
}
