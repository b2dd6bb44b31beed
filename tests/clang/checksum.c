// The Internet checksum of an IPv4 header, and a decision by it: a loop over the packet.
#define SEC(name) __attribute__((section(name), used))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum { XDP_DROP = 1, XDP_PASS = 2 };

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

SEC("xdp")
int check(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data;
	u8 *data_end = (void *)(long)ctx->data_end;
	u16 *header = (u16 *)(data + 14);
	u32 sum = 0;

	if (data + 34 > data_end)
		return XDP_PASS;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 10; i++)
		sum += __builtin_bswap16(header[i]);
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	if ((u16)sum != 0xffff)
		return XDP_DROP;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
