#include <linux/bpf.h>
#define SEC(x) __attribute__((section(x), used))
static void *(*lookup)(void *, const void *) = (void *)1;
struct { int (*type)[1]; int (*max_entries)[16]; int *key; long *value; } counts SEC(".maps");
SEC("xdp")
int bad(struct xdp_md *ctx)
{
	int key = ctx->ingress_ifindex;
	long *n = lookup(&counts, &key);

	*n += 1;
	return 2;
}
SEC("xdp")
int good(struct xdp_md *ctx)
{
	int key = 1;
	long *n = lookup(&counts, &key);
	if (n)
		*n += 1;
	return 2;
}
char _license[] SEC("license") = "GPL";
