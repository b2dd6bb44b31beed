// A token bucket for each source address of IPv4: a packet takes a token, which come back with time; without one it is
// dropped, and counted.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

typedef unsigned short u16;

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_ANY = 0, XDP_DROP = 1, XDP_PASS = 2 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;

struct xdp_md {
	u32 data, data_end;
};

struct bucket {
	u64 tokens, last;
};

#define BURST 2
#define NANOSECONDS (1ULL << 40) // for a token

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} drops SEC(".maps");

SEC("xdp")
int limit(struct xdp_md *ctx)
{
	unsigned char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u32 source, zero = 0;
	u64 now, more, *n;
	struct bucket *b;

	if (p + 34 > end || *(u16 *)(p + 12) != __builtin_bswap16(0x0800))
		return XDP_PASS;
	source = __builtin_bswap32(*(u32 *)(p + 26));
	now = bpf_ktime_get_ns();
	b = bpf_map_lookup_elem(&buckets, &source);
	if (!b) {
		struct bucket fresh = {BURST - 1, now};

		bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
		return XDP_PASS;
	}
	more = (now - b->last) / NANOSECONDS;
	if (more > 0) {
		b->tokens = b->tokens + more < BURST ? b->tokens + more : BURST;
		b->last = now;
	}
	if (b->tokens == 0) {
		n = bpf_map_lookup_elem(&drops, &zero);
		if (n)
			*n += 1;
		return XDP_DROP;
	}
	b->tokens--;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
