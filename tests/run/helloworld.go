// The original form: main is a program on every openat(2).
package main

import "github.com/miekg/bpf"

func main() {
	bpf.TracePrintk("Hello from a test: %d%%\n", 100)
}

// RUN main syscall=openat*2
// TRACE "^Hello from a test: 100%$"
