package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// attachTracepoint runs a program each time that the tracepoint group/name is passed.
func attachTracepoint(group, name string, program *ebpf.Program) (link.Link, error) {
	dir, err := tracefs()
	if err != nil {
		return nil, err
	}
	attached, err := link.Tracepoint(group, name, program, nil)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("this kernel has no tracepoint %s/%s: see %s/available_events", group, name, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("attaching to tracepoint %s/%s: %w", group, name, advise(err))
	}
	fmt.Fprintf(os.Stderr, "%s: attached to tracepoint %s/%s\n", source, group, name)
	return attached, nil
}
