package main

import "example.com/m/internal/bpf"

func main() {
	bpf.TracePrintk("Hello world!\n")
}
