package bpf

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

var start = time.Now()

// TracePrintk writes a line to the kernel's trace output (/sys/kernel/tracing/trace_pipe). The format is a constant
// with Go's verbs and takes up to three arguments. It is slow, and meant for finding faults.
//
// The result is the number of bytes written, or a negative errno.
//
//bpf:helper 6 fmt
func TracePrintk(format string, args ...any) int32 {
	n, err := fmt.Printf(format, args...)
	if err != nil {
		return -5 // EIO
	}
	return int32(n)
}

// GetCurrentPidTgid gives the process id in the upper 32 bits (the kernel's tgid) and the thread id in the lower.
//
//bpf:helper 14
func GetCurrentPidTgid() uint64 {
	pid := uint64(os.Getpid())
	return pid<<32 | pid
}

// GetCurrentUidGid gives the group id in the upper 32 bits and the user id in the lower.
//
//bpf:helper 15
func GetCurrentUidGid() uint64 {
	return uint64(os.Getgid())<<32 | uint64(os.Getuid())
}

// GetCurrentComm writes the name of the running thread to buf, which is always ended by a zero byte.
//
// The result is 0, or a negative errno.
//
//bpf:helper 16 mem
func GetCurrentComm(buf []byte) int32 {
	if len(buf) == 0 {
		return -22 // EINVAL
	}
	clear(buf)
	copy(buf[:len(buf)-1], filepath.Base(os.Args[0]))
	return 0
}

// KtimeGetNs gives the nanoseconds since the machine was started, without the time that it was suspended.
//
//bpf:helper 5
func KtimeGetNs() uint64 {
	return uint64(time.Since(start))
}

// GetSmpProcessorId gives the number of the processor that the program runs on.
//
//bpf:helper 8
func GetSmpProcessorId() uint32 {
	panic("bpf: only a kernel can answer GetSmpProcessorId")
}

// GetPrandomU32 gives a pseudo-random number.
//
//bpf:helper 7
func GetPrandomU32() uint32 {
	return rand.Uint32()
}

// KtimeGetBootNs gives the nanoseconds since the machine was started, with the time that it was suspended.
//
//bpf:helper 125
func KtimeGetBootNs() uint64 {
	return uint64(time.Since(start))
}

// KtimeGetCoarseNs gives what KtimeGetNs gives, as of the last timer tick: cheaper.
//
//bpf:helper 160
func KtimeGetCoarseNs() uint64 {
	return uint64(time.Since(start))
}

// KtimeGetTaiNs gives the nanoseconds of international atomic time since 1970.
//
//bpf:helper 208
func KtimeGetTaiNs() uint64 {
	return uint64(time.Now().UnixNano())
}

// Jiffies64 gives the number of timer ticks since the machine was started.
//
//bpf:helper 118
func Jiffies64() uint64 {
	panic("bpf: only a kernel can answer Jiffies64")
}

// GetCurrentTask gives the address of the running thread's struct task_struct, to be read with ProbeReadKernel.
//
//bpf:helper 35
func GetCurrentTask() uint64 {
	panic("bpf: only a kernel can answer GetCurrentTask")
}

// GetCurrentCgroupId gives the id of the running thread's cgroup.
//
//bpf:helper 80
func GetCurrentCgroupId() uint64 {
	panic("bpf: only a kernel can answer GetCurrentCgroupId")
}

// GetCurrentAncestorCgroupId gives the id of the cgroup above that of the running thread, level steps below the root.
//
//bpf:helper 123 val
func GetCurrentAncestorCgroupId(level int32) uint64 {
	panic("bpf: only a kernel can answer GetCurrentAncestorCgroupId")
}

// GetNumaNodeId gives the number of the memory node that the program runs on.
//
//bpf:helper 42
func GetNumaNodeId() int64 {
	panic("bpf: only a kernel can answer GetNumaNodeId")
}

// SendSignal sends a signal to the running process. The result is 0, or a negative errno.
//
//bpf:helper 109 val
func SendSignal(sig uint32) int64 {
	panic("bpf: only a kernel can answer SendSignal")
}

// SendSignalThread sends a signal to the running thread. The result is 0, or a negative errno.
//
//bpf:helper 117 val
func SendSignalThread(sig uint32) int64 {
	panic("bpf: only a kernel can answer SendSignalThread")
}

// ProbeReadKernel fills dst with kernel memory at src. The result is 0, or a negative errno, and then dst is zero.
//
//bpf:helper 113 mem val
func ProbeReadKernel(dst []byte, src uint64) int64 {
	panic("bpf: only a kernel can answer ProbeReadKernel")
}

// ProbeReadUser fills dst with memory of the running process at src. The result is 0, or a negative errno, and then dst is
// zero.
//
//bpf:helper 112 mem val
func ProbeReadUser(dst []byte, src uint64) int64 {
	panic("bpf: only a kernel can answer ProbeReadUser")
}

// ProbeReadKernelStr fills dst with the text at src in kernel memory, up to its zero byte, which dst ends with in any case.
// The result is the number of bytes with the zero, or a negative errno.
//
//bpf:helper 115 mem val
func ProbeReadKernelStr(dst []byte, src uint64) int64 {
	panic("bpf: only a kernel can answer ProbeReadKernelStr")
}

// ProbeReadUserStr fills dst with the text at src in memory of the running process, up to its zero byte, which dst ends with
// in any case. The result is the number of bytes with the zero, or a negative errno.
//
//bpf:helper 114 mem val
func ProbeReadUserStr(dst []byte, src uint64) int64 {
	panic("bpf: only a kernel can answer ProbeReadUserStr")
}

// CsumDiff gives the checksum difference that replacing the bytes from by the bytes to makes, added to seed. Lengths are
// multiples of 4.
//
//bpf:helper 28 mem mem val
func CsumDiff(from, to []byte, seed uint32) int64 {
	panic("bpf: only a kernel can answer CsumDiff")
}

// Redirect sends the packet to another network interface; return what it gives. Flag 1 is for its ingress.
//
//bpf:helper 23 val val
func Redirect(ifindex uint32, flags uint64) int64 {
	panic("bpf: only a kernel can answer Redirect")
}

// RedirectPeer sends the packet to the other end of a veth pair, in its network namespace; return what it gives.
//
//bpf:helper 155 val val
func RedirectPeer(ifindex uint32, flags uint64) int64 {
	panic("bpf: only a kernel can answer RedirectPeer")
}
