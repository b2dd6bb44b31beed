// UDP over IPv4 and IPv6: packets to one port are counted by protocol, those to another are dropped.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum { BPF_MAP_TYPE_ARRAY = 2 };
enum { XDP_DROP = 1, XDP_PASS = 2, UDP = 17, ETH_P_IP = 0x0800, ETH_P_IPV6 = 0x86dd };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct udphdr {
	u16 source, dest, len, check;
};

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data;
	u8 *data_end = (void *)(long)ctx->data_end;
	struct udphdr *udp;
	u32 at, family = 0;
	u64 *n;

	if (data + 14 > data_end)
		return XDP_PASS;
	switch (*(u16 *)(data + 12)) {
	case __builtin_bswap16(ETH_P_IP):
		if (data + 34 > data_end || data[23] != UDP)
			return XDP_PASS;
		at = (data[14] & 0xf) * 4;
		if (at < 20)
			return XDP_PASS;
		at += 14;
		break;
	case __builtin_bswap16(ETH_P_IPV6):
		if (data + 54 > data_end || data[20] != UDP)
			return XDP_PASS;
		at = 54;
		family = 1;
		break;
	default:
		return XDP_PASS;
	}
	udp = (void *)(data + at);
	if ((u8 *)(udp + 1) > data_end)
		return XDP_PASS;
	switch (udp->dest) {
	case __builtin_bswap16(9):
		return XDP_DROP;
	case __builtin_bswap16(53):
		n = bpf_map_lookup_elem(&seen, &family);
		if (n)
			*n += 1;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
