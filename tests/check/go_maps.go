// Go maps on BPF maps: what differs from Go's is hinted at their declaration.
package probe

import "github.com/miekg/bpf"

//bpf:map hash max_entries=1024
var opened map[uint32]uint64 // HINT GB0325 "`opened` is a BPF map of 1024 entries at most: .* dropped"

//bpf:map lru_hash max_entries=64
var recent map[uint32]bool // HINT GB0325 "least recently"

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	pid := uint32(bpf.GetCurrentPidTgid() >> 32)
	opened[pid]++
	recent[pid] = true
	return int32(len(opened)) // ERROR GB0311 "len"
}
