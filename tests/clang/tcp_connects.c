// TCP connections that are opened, counted by destination: the first packet of one has SYN and no ACK.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

typedef unsigned short u16;

enum { BPF_MAP_TYPE_HASH = 1, BPF_ANY = 0, XDP_PASS = 2, TCP = 6, SYN = 0x02, ACK = 0x10 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;

struct xdp_md {
	u32 data, data_end;
};

struct destination {
	u32 address;
	u16 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct destination);
	__type(value, u64);
} connects SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	unsigned char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *segment;
	struct destination to = {};
	u64 *n, one = 1;

	if (p + 14 + 20 > end || *(u16 *)(p + 12) != __builtin_bswap16(0x0800) || p[23] != TCP)
		return XDP_PASS;
	segment = p + 14 + (p[14] & 0xf) * 4;
	if (segment + 20 > end)
		return XDP_PASS;
	if ((segment[13] & (SYN | ACK)) != SYN)
		return XDP_PASS;
	__builtin_memset(&to, 0, sizeof(to));
	to.address = __builtin_bswap32(*(u32 *)(p + 30));
	to.port = __builtin_bswap16(*(u16 *)(segment + 2));
	n = bpf_map_lookup_elem(&connects, &to);
	if (n)
		*n += 1;
	else
		bpf_map_update_elem(&connects, &to, &one, BPF_ANY);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
