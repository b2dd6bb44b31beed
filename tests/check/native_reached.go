// What only native Go has is reported where it stands, with the calls by which a program comes there.
package probe

import (
	"errors"
	"strings"

	"github.com/miekg/bpf"
)

var failed = errors.New("failed") // ERROR GB0312 "errors.New can't be used in kernel code"

func lower(s string) string {
	return strings.ToLower(s) // ERROR GB0312 "strings.ToLower can't be used"
}

func name(n uint32) int {
	return len(lower("ABC")) + int(n)
}

func check(n uint32) bool {
	return failed == nil && n > 0
}

//bpf:section tracepoint/syscalls/sys_enter_openat
func OnOpen(ctx *bpf.SysEnter) int32 {
	if check(3) {
		return 1
	}
	return int32(name(2))
}
