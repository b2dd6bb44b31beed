program Filter (xdp), 11 slots, 0 bytes of stack
  0: (61) r2 = *(u32 *)(r1 +0)                ; 8: p := ctx.Data()
  1: (61) r4 = *(u32 *)(r1 +4)                ; 8: p := ctx.Data()
  2: (bf) r6 = r2                             ; 9: if len(p) < 24 { (register move)
  3: (07) r6 += 24                            ; 9: if len(p) < 24 {
  4: (2d) if r6 > r4 goto pc+2                ; 9: if len(p) < 24 {
  5: (71) r0 = *(u8 *)(r2 +23)                ; 12: if p[23] == 17 {
  6: (16) if w0 == 0x11 goto pc+2             ; 12: if p[23] == 17 {
  7: (b7) r0 = 2                              ; 10: return bpf.XDPPass
  8: (95) exit                                ; 10: return bpf.XDPPass
  9: (b7) r0 = 1                              ; 13: return bpf.XDPDrop
 10: (95) exit                                ; 13: return bpf.XDPDrop
