// Values under a lock.
#include "bpf.h"

struct bpf_spin_lock { u32 value; };
struct account { struct bpf_spin_lock lock; u32 holder; u64 balance; };

struct {
    __uint(type, 1);
    __uint(max_entries, 16);
    __type(key, u32);
    __type(value, struct account);
} accounts SEC(".maps");

SEC("tc") int deposit(struct skb *skb)
{
    u32 key = skb->mark;
    struct account *account = lookup(&accounts, &key);
    if (!account)
        return 0;
    spin_lock(&account->lock);
    account->balance += skb->len;
    spin_unlock(&account->lock);
    return 0;
}

SEC("tc") int kept(struct skb *skb)
{
    u32 key = skb->mark;
    struct account *account = lookup(&accounts, &key);
    if (!account)
        return 0;
    spin_lock(&account->lock);
    account->balance += skb->len;
    return 0;
}

SEC("tc") int calls(struct skb *skb)
{
    u32 key = skb->mark;
    struct account *account = lookup(&accounts, &key);
    if (!account)
        return 0;
    spin_lock(&account->lock);
    account->balance += now();
    spin_unlock(&account->lock);
    return 0;
}

SEC("tc") int peeks(struct skb *skb)
{
    u32 key = skb->mark;
    struct account *account = lookup(&accounts, &key);
    return account ? account->lock.value : 0;
}

LICENSE;
