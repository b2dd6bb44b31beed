// The original form: main is a program on every openat(2), and prints.
package main

import "github.com/miekg/bpf"

func main() {
	bpf.TracePrintk("Hello from both\n")
}

// CLANG <= 1.00
// RUN main syscall=openat*2
// TRACE "^Hello from both$"
