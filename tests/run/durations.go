// Spans of time, as package time has them.
//
// RUN Filter packet=00*20 => 1
// RUN Filter packet=00*12_0d_e0_b6_b3_a7_64_00_01 => 2
// RUN Filter packet=00*12_ff_ff_ff_ff_ff_ff_f6_3c => 3
// RUN Filter packet=00*12_80*8 => 3
package probe

import (
	"encoding/binary"
	"time"

	"github.com/miekg/bpf"
)

const slow = 2*time.Second + 500*time.Millisecond

func rounded(d time.Duration) uint64 {
	return uint64(d.Round(time.Microsecond)) ^ uint64(d.Truncate(time.Microsecond)) ^ uint64(d.Abs())
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 20 {
		return bpf.XDPAborted
	}
	d := time.Duration(binary.BigEndian.Uint64(p[12:]))
	sum := rounded(d) ^ uint64(d.Milliseconds()) ^ uint64(d.Microseconds()) ^ uint64(d.Nanoseconds())
	switch {
	case d == 0 && sum == 0:
		return bpf.XDPDrop
	case d > slow:
		return bpf.XDPPass
	case d < 0 && d.Round(time.Microsecond)%time.Microsecond == 0 || d.Round(time.Hour) == -1<<63:
		return bpf.XDPTx
	}
	return bpf.XDPAborted
}
