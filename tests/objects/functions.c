// Functions: static and global ones, and those that helpers call.
#include "bpf.h"

struct {
    __uint(type, 2);
    __uint(max_entries, 16);
    __type(key, u32);
    __type(value, u64);
} numbers SEC(".maps");

static noinline int sum(u64 *values, int count)
{
    int total = 0;
    for (int i = 0; i < 4 && i < count; i++)
        total += values[i];
    return total;
}

noinline int checked(struct xdp_md *ctx, u32 limit)
{
    return ctx->ingress_ifindex < limit;
}

noinline int trusting(u64 *value)
{
    return *value;
}

noinline int careful(u64 *value)
{
    return value ? *value : 0;
}

static long add(u32 index, u64 *total)
{
    *total += index;
    return index > 100;
}

static long over(void *map, u32 *key, u64 *value, u64 *total)
{
    *total += *value;
    return 0;
}

SEC("xdp") int calls_static(struct xdp_md *ctx)
{
    u64 values[4] = {1, 2, 3, random()};
    return sum(values, 4) & 1 ? 1 : 2;
}

SEC("xdp") int calls_global(struct xdp_md *ctx)
{
    return checked(ctx, 7) ? 1 : 2;
}

SEC("xdp") int calls_trusting(struct xdp_md *ctx)
{
    u64 value = 1;
    return trusting(&value);
}

SEC("xdp") int calls_careful(struct xdp_md *ctx)
{
    u64 value = 1;
    return careful(&value) ? 1 : 2;
}

SEC("xdp") int loops(struct xdp_md *ctx)
{
    u64 total = 0;
    loop(1000, add, &total, 0);
    for_each(&numbers, over, &total, 0);
    return total & 1 ? 1 : 2;
}

LICENSE;
