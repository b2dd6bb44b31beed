package main

import (
	"strings"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// static begins a function of a program. The kernel wants to know the types of all functions of a program that gives
// one to a helper; of those that it follows with their callers, it reads only that they are there.
func static(name string, first asm.Instruction) asm.Instruction {
	result := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	return typed(name, btf.StaticFunc, &btf.FuncProto{Return: result}, first)
}

// typed begins a function of a program. Older kernels take no dots in names of functions.
func typed(name string, linkage btf.FuncLinkage, proto *btf.FuncProto, first asm.Instruction) asm.Instruction {
	function := &btf.Func{Name: strings.ReplaceAll(name, ".", "_"), Type: proto, Linkage: linkage}
	return btf.WithFuncMetadata(first.WithSymbol(name), function)
}
