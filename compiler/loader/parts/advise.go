package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cilium/ebpf"
)

// advise adds to an error of the kernel what can be done about it.
func advise(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission) && os.Geteuid() != 0:
		return fmt.Errorf("%w: run it with sudo, or give it cap_bpf, cap_perfmon and cap_net_admin (setcap(8))", err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: root lacks CAP_BPF, CAP_PERFMON or CAP_NET_ADMIN here, or the kernel is locked down", err)
	case errors.Is(err, syscall.E2BIG), errors.Is(err, syscall.ENOMEM):
		return fmt.Errorf("%w: this needs more memory than the kernel or a limit allows; make the maps smaller", err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EINVAL):
		return fmt.Errorf("%w: this kernel may be too old: the programs need Linux %s or newer (see uname -r)", err, target)
	}
	return err
}
