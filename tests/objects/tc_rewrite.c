// Packets that are written to; numbers that decide where.
#include "bpf.h"

SEC("tc") int mark(struct skb *skb)
{
    u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
    if (data + 64 > end)
        return 0;
    u32 at = data[14] & 15;
    data[at + 20] = 1;
    skb->mark = at;
    return 0;
}

SEC("tc") int too_far(struct skb *skb)
{
    u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
    if (data + 64 > end)
        return 0;
    u32 at = data[14];
    data[at] = 1;
    return 0;
}

SEC("tc") int copied(struct skb *skb)
{
    u8 buffer[32];
    u32 size = skb->len & 31;
    if (load_bytes(skb, 0, buffer, size + 1) < 0)
        return 0;
    return buffer[0];
}

SEC("tc") int too_much(struct skb *skb)
{
    u8 buffer[32];
    if (load_bytes(skb, 0, buffer, skb->len) < 0)
        return 0;
    return buffer[0];
}

LICENSE;
