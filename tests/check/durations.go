// What package time has for native code only.
package probe

import (
	"time"

	"github.com/miekg/bpf"
)

var begun = time.Now() // ERROR GB0312 "time.Now can't be used in kernel code"

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	span := time.Duration(bpf.KtimeGetNs())
	if span.Seconds() > 1 { // ERROR GB0322 "span.Seconds has no kernel half"
		return 1
	}
	_ = begun
	time.Sleep(span) // ERROR GB0312 "time.Sleep can't be used"
	return int32(span.Hour) // ERROR GB0201 "span.Hour undefined"
}
