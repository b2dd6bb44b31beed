// TCP and UDP for the discard service are dropped, wherever the IP header ends.
#define SEC(name) __attribute__((section(name), used))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum { XDP_DROP = 1, XDP_PASS = 2, IPPROTO_TCP = 6, IPPROTO_UDP = 17, ETH_P_IP = 0x0800, DISCARD = 9 };

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct ethhdr {
	u8 h_dest[6], h_source[6];
	u16 h_proto;
} __attribute__((packed));

struct iphdr {
	u8 ihl : 4, version : 4, tos;
	u16 tot_len, id, frag_off;
	u8 ttl, protocol;
	u16 check;
	u32 saddr, daddr;
};

// What TCP and UDP begin with.
struct ports {
	u16 source, dest;
};

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct ports *ports;
	int header;

	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;
	if (eth->h_proto != __builtin_bswap16(ETH_P_IP))
		return XDP_PASS;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	header = ip->ihl * 4;
	if (header < (int)sizeof(*ip))
		return XDP_PASS;
	ports = (void *)ip + header;
	if ((void *)(ports + 1) > data_end)
		return XDP_PASS;
	if (ports->dest == __builtin_bswap16(DISCARD))
		return XDP_DROP;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
