// The options of an IPv4 header, walked one by one: what comes next depends on the packet.
#define SEC(name) __attribute__((section(name), used))

typedef unsigned char u8;
typedef unsigned int u32;

enum { XDP_DROP = 1, XDP_PASS = 2 };

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

SEC("xdp")
int walk(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data;
	u8 *data_end = (void *)(long)ctx->data_end;
	u32 end, at = 34;

	if (data + 34 > data_end || data[12] != 8 || data[13] != 0)
		return XDP_PASS;
	end = 14 + (data[14] & 0xf) * 4;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 10; i++) {
		u8 *option = data + at;

		if (at >= end || option + 2 > data_end)
			break;
		switch (option[0]) {
		case 0:
			return XDP_PASS;
		case 1:
			at++;
			break;
		case 131:
		case 137: // source routes
			return XDP_DROP;
		default:
			if (option[1] < 2)
				return XDP_DROP;
			at += option[1];
		}
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
