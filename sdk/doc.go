// Package bpf is what an eBPF program in Go is written against.
//
// Each declaration has two halves. A directive above it says what it is in the kernel; gobpf-lsp reads the directives
// of this very source and binds calls by them, never by name. The Go body is the native half: what the declaration
// does when the same file is run or tested as an ordinary Go program. Maps then live in memory, [TracePrintk] writes to
// standard output, and what only a kernel can answer panics and says so. Bodies are never compiled to BPF.
//
// The directives:
//
//   - sdk: this package is the SDK, at whatever path it stands.
//   - helper N WORD...: a call of the kernel helper with number N. The words fill R1 and the following registers:
//     map (the map that the method is called on), val (the next parameter), ref (a pointer to a copy of the next
//     parameter), refmem (the same, and its size), mem (the next parameter, a slice: its pointer and its length in bytes),
//     fmt (the next parameter, a constant format: its text and its length, then the variadic arguments), size:T (the
//     size of the type argument T), const:N (the number N), func:A,B,... (the next parameter, a function that the helper
//     calls, and the pointer to what it captures; A,B,... are what the kernel calls it with, _ for what Go doesn't get,
//     *A where Go gets what the kernel points to; true goes on, false stops).
//   - maptype N KEY VALUE [FIELD]: a kind of map by its number, and the types of its keys and values, - for none. Its field
//     MaxEntries, or FIELD, is the number of entries, its field Flags the flags of its creation.
//   - const FIELD: a value that is chosen when the program is loaded, or else that of FIELD; const get: the method that
//     gives it.
//   - ctx SECTION: the context of programs in that section, or in all sections that begin so where it ends in / or _.
//     The fields are laid out as written; one with the tag bpf:"-" belongs to the native half.
//   - packet START END: the method gives the bytes between the packet pointers in these two fields.
//
//bpf:sdk
package bpf
