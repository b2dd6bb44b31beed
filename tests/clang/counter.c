// Calls are counted by process.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

enum { BPF_MAP_TYPE_HASH = 1, BPF_ANY = 0 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} calls SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call(void *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 *count, one = 1;

	count = bpf_map_lookup_elem(&calls, &pid);
	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&calls, &pid, &one, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "GPL";
