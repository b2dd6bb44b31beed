program OnCall (tracepoint/syscalls/sys_enter_mmap), 29 slots, 48 bytes of stack
  0: (b7) r0 = 0                              ; 9: for i := range ctx.Args {
  1: (b7) r2 = 0                              ; 9: for i := range ctx.Args {
  2: (c5) if r0 s< 0x6 goto pc+2              ; 9: for i := range ctx.Args {
  3: (bc) w0 = w2                             ; 12: return int32(sum)
  4: (95) exit                                ; 12: return int32(sum)
  5: (79) r7 = *(u64 *)(r1 +16)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
  6: (7b) *(u64 *)(r10 -48) = r7              ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
  7: (79) r3 = *(u64 *)(r1 +24)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
  8: (7b) *(u64 *)(r10 -40) = r3              ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
  9: (79) r3 = *(u64 *)(r1 +32)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 10: (7b) *(u64 *)(r10 -32) = r3              ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 11: (79) r3 = *(u64 *)(r1 +40)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 12: (7b) *(u64 *)(r10 -24) = r3              ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 13: (79) r3 = *(u64 *)(r1 +48)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 14: (7b) *(u64 *)(r10 -16) = r3              ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 15: (79) r3 = *(u64 *)(r1 +56)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 16: (7b) *(u64 *)(r10 -8) = r3               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 17: (bf) r3 = r0                             ; 10: sum += ctx.Args[i] ^ ctx.Args[3] (register move)
 18: (67) r3 <<= 3                            ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 19: (bf) r4 = r10                            ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 20: (07) r4 += -48                           ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 21: (0f) r4 += r3                            ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 22: (79) r3 = *(u64 *)(r4 +0)                ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 23: (d4) r3 = le64 r3                        ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 24: (79) r4 = *(u64 *)(r1 +40)               ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 25: (af) r3 ^= r4                            ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 26: (0f) r2 += r3                            ; 10: sum += ctx.Args[i] ^ ctx.Args[3]
 27: (07) r0 += 1                             ; 9: for i := range ctx.Args {
 28: (05) goto pc-27                          ; 9: for i := range ctx.Args {
