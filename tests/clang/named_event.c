// Each call as a record with the caller's name, number and user in a ring buffer; what is lost is counted.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

typedef unsigned int u32;
typedef unsigned long long u64;

enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27 };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static u64 (*bpf_get_current_uid_gid)(void) = (void *)15;
static long (*bpf_get_current_comm)(void *buf, u32 size) = (void *)16;
static void *(*bpf_ringbuf_reserve)(void *ringbuf, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;

struct event {
	u32 pid, tid;
	u32 uid, gid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} totals SEC(".maps"); // sent, lost

static inline void count(u32 what)
{
	u64 *n = bpf_map_lookup_elem(&totals, &what);

	if (n)
		*n += 1;
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int on_call(void *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	u64 thread, user;

	if (!e) {
		count(1);
		return 0;
	}
	thread = bpf_get_current_pid_tgid();
	user = bpf_get_current_uid_gid();
	e->pid = thread >> 32;
	e->tid = thread;
	e->uid = user;
	e->gid = user >> 32;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	count(0);
	return 0;
}

char _license[] SEC("license") = "GPL";
