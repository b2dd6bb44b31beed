package bpf

// XDP is the context of XDP programs (struct xdp_md).
//
//bpf:ctx xdp
type XDP struct {
	data           uint32
	dataEnd        uint32
	dataMeta       uint32
	IngressIfindex uint32 // interface that the packet came in by
	RxQueueIndex   uint32 // receive queue of that interface
	EgressIfindex  uint32 // only for programs in a devmap
	packet         []byte `bpf:"-"`
}

// NewXDP gives a context for running an XDP program natively on packet.
func NewXDP(packet []byte) *XDP {
	return &XDP{dataEnd: uint32(len(packet)), packet: packet}
}

// Data gives the packet. Its length is known only at run time: compare len with what is needed before an access.
//
//bpf:packet data dataEnd
func (c *XDP) Data() []byte {
	return c.packet[c.data:c.dataEnd]
}

// XDPAction is what becomes of a packet.
type XDPAction int32

// What an XDP program may return.
const (
	XDPAborted  XDPAction = iota // dropped, and the tracepoint xdp:xdp_exception fires
	XDPDrop                      // dropped
	XDPPass                      // goes on to the network stack
	XDPTx                        // sent back by the interface that it came in by
	XDPRedirect                  // sent where a redirect helper said
)

// XdpAdjustHead moves the start of the packet by delta bytes: slices of the packet are to be taken anew after it. The result
// is 0, or a negative errno.
//
//bpf:helper 44 val val
func XdpAdjustHead(ctx *XDP, delta int32) int64 {
	panic("bpf: only a kernel can answer XdpAdjustHead")
}

// XdpAdjustTail moves the end of the packet by delta bytes: slices of the packet are to be taken anew after it. The result
// is 0, or a negative errno.
//
//bpf:helper 65 val val
func XdpAdjustTail(ctx *XDP, delta int32) int64 {
	panic("bpf: only a kernel can answer XdpAdjustTail")
}

// XdpAdjustMeta moves the start of the packet's metadata by delta bytes: slices of the packet are to be taken anew after it.
// The result is 0, or a negative errno.
//
//bpf:helper 54 val val
func XdpAdjustMeta(ctx *XDP, delta int32) int64 {
	panic("bpf: only a kernel can answer XdpAdjustMeta")
}

// XdpGetBuffLen gives the length of the packet with all its fragments.
//
//bpf:helper 188 val
func XdpGetBuffLen(ctx *XDP) uint64 {
	return uint64(len(ctx.packet))
}

// XdpLoadBytes fills buf with the bytes of the packet at offset, in whatever fragment. The result is 0, or a negative errno.
//
//bpf:helper 189 val val mem
func XdpLoadBytes(ctx *XDP, offset uint32, buf []byte) int64 {
	if uint64(offset)+uint64(len(buf)) > uint64(len(ctx.packet)) {
		return -22 // EINVAL
	}
	copy(buf, ctx.packet[offset:])
	return 0
}

// XdpStoreBytes writes buf into the packet at offset, in whatever fragment. The result is 0, or a negative errno.
//
//bpf:helper 190 val val mem
func XdpStoreBytes(ctx *XDP, offset uint32, buf []byte) int64 {
	if uint64(offset)+uint64(len(buf)) > uint64(len(ctx.packet)) {
		return -22 // EINVAL
	}
	copy(ctx.packet[offset:], buf)
	return 0
}
