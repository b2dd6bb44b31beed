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
