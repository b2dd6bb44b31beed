package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/cilium/ebpf"
)

// printMap prints the entries of a map in the order of their keys; those of an array that are still zero are left out.
func printMap[K, V any](name string, m *ebpf.Map) error {
	type entry struct {
		key   K
		value V
	}
	var entries []entry
	array := m.Type() == ebpf.Array || m.Type() == ebpf.PerCPUArray
	iterator := m.Iterate()
	for {
		var e entry
		if !iterator.Next(&e.key, &e.value) {
			break
		}
		if !array || !isZero(reflect.ValueOf(e.value)) {
			entries = append(entries, e)
		}
	}
	if err := iterator.Err(); err != nil {
		return fmt.Errorf("reading map %s: %w", name, advise(err))
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return compare(reflect.ValueOf(a.key), reflect.ValueOf(b.key))
	})
	for _, e := range entries {
		fmt.Printf("%s[%s] = %s\n", name, show(reflect.ValueOf(e.key)), show(reflect.ValueOf(e.value)))
	}
	if len(entries) == 0 {
		fmt.Printf("%s: no entries\n", name)
	}
	return nil
}

// isZero reports whether nothing was written to a value: of all processors, where each has its own.
func isZero(v reflect.Value) bool {
	if v.Kind() != reflect.Slice {
		return v.IsZero()
	}
	for i := range v.Len() {
		if !v.Index(i).IsZero() {
			return false
		}
	}
	return true
}

// compare orders numbers by size, false before true, and structs and arrays by their first difference.
func compare(a, b reflect.Value) int {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).Name == "_" {
				continue
			}
			if order := compare(a.Field(i), b.Field(i)); order != 0 {
				return order
			}
		}
		return 0
	case reflect.Array:
		for i := range a.Len() {
			if order := compare(a.Index(i), b.Index(i)); order != 0 {
				return order
			}
		}
		return 0
	case reflect.Bool:
		if a.Bool() == b.Bool() {
			return 0
		} else if b.Bool() {
			return -1
		}
		return 1
	}
	if a.CanInt() {
		return cmp.Compare(a.Int(), b.Int())
	}
	return cmp.Compare(a.Uint(), b.Uint())
}
