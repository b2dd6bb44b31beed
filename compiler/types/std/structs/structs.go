// Package structs is structs for kernel code.
package structs

// HostLayout marks a struct whose layout is the host's, which is that of every struct of kernel code.
type HostLayout struct {
	_ hostLayout
}

type hostLayout struct{}
