// Numbers of Linux, as package syscall has them.
//
// RUN Filter packet=00*12_08_00_45_00*8_06_00*20 => 2
// RUN Filter packet=00*12_86_dd_60_00*5_11_00*33 => 3
// RUN Filter packet=00*12_08_06_00*40 => 1
// RUN Filter packet=00*12_08_00_45_00*8_01_00*20 => 0
package probe

import (
	"encoding/binary"
	"syscall"

	"github.com/miekg/bpf"
)

const family = syscall.AF_INET6

var flags uint32 = syscall.O_CREAT | syscall.O_RDWR

func check(protocol uint8) int32 {
	switch protocol {
	case syscall.IPPROTO_TCP, syscall.IPPROTO_UDP:
		return 0
	case syscall.IPPROTO_ICMP:
		return -int32(syscall.EPERM)
	}
	return -int32(syscall.EINVAL)
}

func signal(s syscall.Signal) int32 {
	if s == syscall.SIGKILL {
		return int32(s)
	}
	return 0
}

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	p := ctx.Data()
	if len(p) < 34 {
		return bpf.XDPAborted
	}
	kind, protocol := uint32(syscall.AF_INET), p[23]
	switch binary.BigEndian.Uint16(p[12:]) {
	case syscall.ETH_P_IP:
	case syscall.ETH_P_IPV6:
		kind, protocol = family, p[20]
	default:
		return bpf.XDPDrop
	}
	got := check(protocol)
	switch {
	case got == -1 || signal(syscall.SIGKILL) != 9 || flags != 0x42:
		return bpf.XDPAborted
	case got != 0:
		return bpf.XDPDrop
	case kind == syscall.AF_INET6:
		return bpf.XDPTx
	}
	return bpf.XDPPass
}
