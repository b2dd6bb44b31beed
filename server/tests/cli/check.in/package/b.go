package probe

import "github.com/miekg/bpf"

var calls = bpf.Hash[uint32, uint64]{MaxEntries: 8}

func verdict() bpf.XDPAction {
	return bpf.XDPDrop
}
