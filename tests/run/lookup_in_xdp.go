// A table decides what becomes of a packet, and counts.
package table

import "github.com/miekg/bpf"

var ports = bpf.Hash[uint16, uint32]{MaxEntries: 8}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 16 {
		return bpf.XDPAborted
	}
	port := uint16(p[14])<<8 | uint16(p[15])
	hits := ports.Lookup(port)
	if hits == nil {
		return bpf.XDPPass
	}
	*hits += 1
	return bpf.XDPDrop
}

// SET ports[u16 80] = u32 5
// RUN Filter packet=00*14_0050 => 1
// RUN Filter packet=00*14_0051 => 2
// RUN Filter packet=00*14_0050_00 => 1
// RUN Filter packet=00*14 => 0
// MAP ports[u16 80] = u32 7
// MAP ports[u16 81] absent
