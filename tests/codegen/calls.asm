program Filter (xdp), 40 slots, 64 bytes of stack
  0: (61) r6 = *(u32 *)(r1 +0)                ; 23: p := ctx.Data()
  1: (61) r4 = *(u32 *)(r1 +4)                ; 23: p := ctx.Data()
  2: (bf) r7 = r6                             ; 24: if len(p) < 14 { (register move)
  3: (07) r7 += 14                            ; 24: if len(p) < 14 {
  4: (2d) if r7 > r4 goto pc+18               ; 24: if len(p) < 14 {
  5: (71) r1 = *(u8 *)(r6 +0)                 ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
  6: (71) r2 = *(u8 *)(r6 +1)                 ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
  7: (85) call pc+17                          ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
  8: (71) r2 = *(u8 *)(r6 +2)                 ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
  9: (bf) r1 = r0                             ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2])) (register move)
 10: (85) call pc+18                          ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2]))
 11: (c5) if r0 s< 0x0 goto pc+9              ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2])) (panic check)
 12: (bf) r1 = r0                             ; 28: sum, difference := both(uint64(n), uint64(p[3])) (register move)
 13: (71) r2 = *(u8 *)(r6 +3)                 ; 28: sum, difference := both(uint64(n), uint64(p[3]))
 14: (bf) r3 = r10                            ; 28: sum, difference := both(uint64(n), uint64(p[3]))
 15: (07) r3 += -8                            ; 28: sum, difference := both(uint64(n), uint64(p[3]))
 16: (85) call pc+18                          ; 28: sum, difference := both(uint64(n), uint64(p[3]))
 17: (79) r1 = *(u64 *)(r10 -8)               ; 28: sum, difference := both(uint64(n), uint64(p[3]))
 18: (5f) r0 &= r1                            ; 29: return bpf.XDPAction(sum & difference)
 19: (bc) w0 = w0                             ; 29: return bpf.XDPAction(sum & difference)
 20: (95) exit                                ; 28: sum, difference := both(uint64(n), uint64(p[3])) (bounds check)
 21: (b7) r0 = 0                              ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2])) (abort)
 22: (95) exit                                ; 27: n := quotient(mix(uint32(p[0]), uint32(p[1])), uint32(p[2])) (abort)
 23: (b7) r0 = 2                              ; 22: func Filter(ctx *bpf.XDP) bpf.XDPAction { (entry or exit)
 24: (95) exit                                ; 22: func Filter(ctx *bpf.XDP) bpf.XDPAction { (entry or exit)
function mix, 0 bytes of stack
 25: (24) w1 *= 31                            ; 8: return a*31 ^ b
 26: (bf) r0 = r1                             ; 8: return a*31 ^ b (register move)
 27: (ac) w0 ^= w2                            ; 8: return a*31 ^ b
 28: (95) exit                                ; 8: return a*31 ^ b
function quotient, 0 bytes of stack
 29: (16) if w2 == 0x0 goto pc+3              ; 13: return a / b (arithmetic check)
 30: (bf) r0 = r1                             ; 13: return a / b (register move)
 31: (3c) w0 /= w2                            ; 13: return a / b
 32: (95) exit                                ; 13: return a / b
 33: (b7) r0 = -1                             ; 13: return a / b (abort)
 34: (95) exit                                ; 13: return a / b (abort)
function both, 0 bytes of stack
 35: (bf) r0 = r1                             ; 18: return a + b, a - b (register move)
 36: (0f) r0 += r2                            ; 18: return a + b, a - b
 37: (1f) r1 -= r2                            ; 18: return a + b, a - b
 38: (7b) *(u64 *)(r3 +0) = r1                ; 17: func both(a, b uint64) (uint64, uint64) { (entry or exit)
 39: (95) exit                                ; 18: return a + b, a - b
