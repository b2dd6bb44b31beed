// Programs of several kinds: contexts, results, helpers that are not for all.
#include "bpf.h"

struct {
    __uint(type, 3);
    __uint(max_entries, 4);
    __type(key, u32);
    __type(value, u32);
} tails SEC(".maps");

SEC("cgroup/connect4") int connect4(struct sock_addr *ctx)
{
    if (ctx->user_port == 0x5000)
        ctx->user_ip4 = 0x0100007f;
    return 1;
}

SEC("cgroup/connect4") int bad_result(struct sock_addr *ctx)
{
    return ctx->user_port;
}

SEC("cgroup/connect4") int bad_write(struct sock_addr *ctx)
{
    ctx->family = 2;
    return 1;
}

SEC("cgroup_skb/ingress") int no_write(struct skb *skb)
{
    u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
    if (data + 1 > end)
        return 1;
    data[0] = 1;
    return 1;
}

SEC("kprobe/do_sys_openat2") int probe(void *regs)
{
    u64 word = 0;
    probe_read_kernel(&word, sizeof(word), *(void **)(regs + 112));
    printk("%d", 3, (int)word);
    return 0;
}

SEC("kprobe/do_sys_openat2") int not_for_probes(void *regs)
{
    return redirect_map(&tails, 0, 0);
}

SEC("tc") int tail(struct skb *skb)
{
    tail_call(skb, &tails, skb->len & 3);
    return 0;
}

SEC("tc") int sockets(struct skb *skb)
{
    u32 tuple[3] = {skb->hash, 1, 2};
    u32 *sock = sk_lookup_tcp(skb, tuple, sizeof(tuple), 0, 0);
    if (!sock)
        return 0;
    u32 interface = *sock;
    sk_release(sock);
    return interface;
}

SEC("tc") int kept_socket(struct skb *skb)
{
    u32 tuple[3] = {skb->hash, 1, 2};
    return !sk_lookup_tcp(skb, tuple, sizeof(tuple), 0, 0);
}

LICENSE;
