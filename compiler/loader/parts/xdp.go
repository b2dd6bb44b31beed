package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// attachXDP runs a program on each packet that a network interface receives.
func attachXDP(name string, program *ebpf.Program) (link.Link, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("finding network interface %q: %w: see ip link", name, err)
	}
	attached, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: iface.Index})
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EEXIST) {
		return nil, fmt.Errorf("attaching to %s: %w: another XDP program is there; see ip link show dev %s", name, err, name)
	}
	if err != nil {
		return nil, fmt.Errorf("attaching to %s: %w", name, advise(err))
	}
	fmt.Fprintf(os.Stderr, "%s: attached to %s\n", source, name)
	return attached, nil
}
