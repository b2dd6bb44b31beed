//go:build linux && !ignore

// Package probe counts what processes do.
//
//bpf:license GPL
//bpf:kernel 5.15
package probe

import (
	"encoding/binary"
	"sync/atomic"

	. "fmt"
	_ "unsafe"

	"github.com/miekg/bpf"
)

// Event is one record: größer als nötig.
type Event struct {
	PID  uint32 `btf:"pid" json:"p"`
	Comm [16]byte
	*Base
	bpf.Header
	next, prev *Event
}

var (
	calls   = bpf.Hash[uint32, uint64]{MaxEntries: 10240}
	events  = bpf.RingBuf[Event]{Size: 1 << 18}
	dropped uint64 // .bss

	//bpf:map hash max_entries=1024
	blocked = map[uint32]bool{0x0a000001: true, 0b11: false}
)

const (
	first = iota
	second
	third float64 = 1e3 + 0x1p-2
	mask          = ^uint32(0) &^ 0xff_00
)

// OnExec runs for each execve. 世界
//
//bpf:section tracepoint/syscalls/sys_enter_execve
func OnExec(ctx *bpf.SysEnter) int32 {
	pid := uint32(bpf.GetCurrentPidTgid() >> 32)
	if want := onlyPID.Get(); want != 0 && pid != want {
		return 0
	} else if pid == 1 {
		dropped += 2
	} else {
		goto done
	}
	if n := calls.Lookup(pid); n != nil {
		atomic.AddUint64(n, 1)
	} else {
		calls.Update(pid, 1)
	}
done:
	for i := 0; i < 10; i++ {
		switch x := i * 2; {
		case x > 4, x < 2:
			continue
		case x == 3:
			fallthrough
		default:
			break done
		}
	}
	Println(`raw
string`, "esc\t\u00e9\x41\101", 'ö', '\'', 2i, .5)
	return 0
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) (action bpf.XDPAction) {
	p := ctx.Data() // the packet as a slice
	if len(p) < 34 || binary.BigEndian.Uint16(p[12:]) != 0x0800 {
		return bpf.XDPPass
	}
	if blocked[binary.BigEndian.Uint32(p[26:30:32])] {
		return bpf.XDPDrop
	}
	return bpf.XDPPass
}

func asm(x, y int) (a, b int)
