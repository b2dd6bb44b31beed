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
