// Package xdpdrop drops IPv4 packets for the discard service (port 9), wherever the IP header ends.
package xdpdrop

import "github.com/miekg/bpf"

const (
	ethernetLength = 14
	discardPort    = 9
)

// Filter looks at a byte at a constant offset and at two bytes at a variable one.
//
//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < ethernetLength+20 {
		return bpf.XDPPass
	}
	if p[12] != 0x08 || p[13] != 0x00 {
		return bpf.XDPPass // not IPv4
	}
	header := int(p[ethernetLength]&0x0f) * 4
	if header < 20 {
		return bpf.XDPDrop // no such header
	}
	port := ethernetLength + header + 2
	if len(p) < port+2 {
		return bpf.XDPPass
	}
	if uint16(p[port])<<8|uint16(p[port+1]) == discardPort {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}
