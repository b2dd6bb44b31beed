// Sizes of packets by their magnitude, in an array.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

enum { BPF_MAP_TYPE_ARRAY = 2, XDP_PASS = 2 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} sizes SEC(".maps");

static inline u32 log2(u32 n)
{
	u32 r = 0;

	if (n > 0xff) {
		r += 8;
		n >>= 8;
	}
	if (n > 0xf) {
		r += 4;
		n >>= 4;
	}
	if (n > 3) {
		r += 2;
		n >>= 2;
	}
	return r + (n >> 1);
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	u32 slot = log2((long)ctx->data_end - (long)ctx->data);
	u64 *size = bpf_map_lookup_elem(&sizes, &slot);

	if (size)
		__sync_fetch_and_add(size, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
