package main

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// newMap creates a map and puts in what its spec holds. A map named .rodata is frozen after that: the verifier then reads
// its bytes as constants.
func newMap(spec *ebpf.MapSpec) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(spec)
	if err != nil {
		return nil, fmt.Errorf("creating map %s: %w", spec.Name, advise(err))
	}
	return m, nil
}
