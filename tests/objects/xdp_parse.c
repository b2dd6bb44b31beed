// Headers of packets: checked before they are read, or not.
#include "bpf.h"

struct ethernet { u8 to[6], from[6]; u16 protocol; };
struct ipv4 { u8 version, tos; u16 length, id, fragment; u8 ttl, protocol; u16 sum; u32 from, to; };

struct {
    __uint(type, 6);
    __uint(max_entries, 256);
    __type(key, u32);
    __type(value, u64);
} protocols SEC(".maps");

SEC("xdp") int count(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethernet *eth = data;
    struct ipv4 *ip = data + sizeof(*eth);
    if ((void *)(ip + 1) > end || eth->protocol != 8)
        return 2;
    u32 key = ip->protocol;
    u64 *counter = lookup(&protocols, &key);
    if (counter)
        ++*counter;
    return 2;
}

SEC("xdp") int unchecked(struct xdp_md *ctx)
{
    struct ethernet *eth = (void *)(long)ctx->data;
    return eth->protocol == 8 ? 1 : 2;
}

SEC("xdp") int one_short(struct xdp_md *ctx)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    if (data + 13 > end)
        return 2;
    return data[13] ? 1 : 2;
}

SEC("xdp") int options(struct xdp_md *ctx)
{
    u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    u32 sum = 0;
    for (int i = 0; i < 40; i++) {
        if (data + i + 1 > end)
            break;
        sum += data[i];
    }
    return sum & 1 ? 1 : 2;
}

LICENSE;
