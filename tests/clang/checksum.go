// The Internet checksum of an IPv4 header, and a decision by it: a loop over the packet.
package checksum

import (
	"encoding/binary"

	"github.com/miekg/bpf"
)

//bpf:section xdp
func Check(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPPass
	}
	header := p[14:34]
	sum := uint32(0)
	for i := 0; i < len(header); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(header[i:]))
	}
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	if uint16(sum) != 0xffff {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

// CLANG <= 1.00
// RUN Check packet=00*12_0800_4500_0073_0000_4000_4011_b861_c0a8_0001_c0a8_00c7 => 2
// RUN Check packet=00*12_0800_4500_0073_0000_4000_4011_b862_c0a8_0001_c0a8_00c7 => 1
// RUN Check packet=00*20 => 2
