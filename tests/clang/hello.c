// Every openat(2) prints.
#define SEC(name) __attribute__((section(name), used))

static long (*bpf_trace_printk)(const char *fmt, unsigned int size, ...) = (void *)6;

SEC("tracepoint/syscalls/sys_enter_openat")
int program(void *ctx)
{
	static const char fmt[] = "Hello from both\n";

	bpf_trace_printk(fmt, sizeof(fmt));
	return 0;
}

char _license[] SEC("license") = "GPL";
