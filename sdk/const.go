package bpf

// Const is a value that is chosen when the program is loaded and never changes after that: it lies in .rodata, the
// generated loader has a flag for it, and the verifier sees its value. Default holds where nobody chooses.
//
//bpf:const Default
type Const[T any] struct {
	Default T
	chosen  *T
}

// Get gives the value.
//
//bpf:const get
func (c *Const[T]) Get() T {
	if c.chosen != nil {
		return *c.chosen
	}
	return c.Default
}

// Set chooses the value in the native half, as the loader's flag does for the kernel.
func (c *Const[T]) Set(value T) {
	c.chosen = &value
}
