// How long system calls take, by powers of two: the start is kept by thread, the count by bucket.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_ANY = 0 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} buckets SEC(".maps");

static inline u32 log2(u64 n)
{
	u32 r = 0;

	for (u32 shift = 32; shift > 0; shift /= 2) {
		if (n >> shift) {
			r += shift;
			n >>= shift;
		}
	}
	return r;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int on_enter(void *ctx)
{
	u32 thread = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&starts, &thread, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_getuid")
int on_exit(void *ctx)
{
	u32 thread = bpf_get_current_pid_tgid(), bucket;
	u64 *start = bpf_map_lookup_elem(&starts, &thread), *n;

	if (!start)
		return 0;
	bucket = log2(bpf_ktime_get_ns() - *start);
	n = bpf_map_lookup_elem(&buckets, &bucket);
	if (n)
		*n += 1;
	bpf_map_delete_elem(&starts, &thread);
	return 0;
}

char _license[] SEC("license") = "GPL";
