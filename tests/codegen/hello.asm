program main (tracepoint/syscalls/sys_enter_openat), 6 slots, 0 bytes of stack
  0: (18) r1 = map[.rodata][0]+0              ; 6: bpf.TracePrintk("Hello world!\n")
  2: (b7) r2 = 14                             ; 6: bpf.TracePrintk("Hello world!\n")
  3: (85) call bpf_trace_printk#6             ; 6: bpf.TracePrintk("Hello world!\n")
  4: (b7) r0 = 0                              ; 5: func main() { (entry or exit)
  5: (95) exit                                ; 5: func main() { (entry or exit)
