// What is looked up in the kernel's types: weak functions by flavour, numbers of types, and a function for exceptions.
#include "bpf.h"

struct __sk_buff { u32 len; };
struct nowhere___here { int a; };

extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_unlock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_lock___other(int number, void *more) __attribute__((weak, section(".ksyms")));
extern void bpf_no_such_function(void) __attribute__((weak, section(".ksyms")));
extern void bpf_throw(u64 cookie) __attribute__((section(".ksyms")));

noinline int caught(u64 cookie)
{
    return cookie != 0;
}

noinline int between(struct __sk_buff *skb)
{
    if (skb->len == 1)
        bpf_throw(7);
    return skb->len;
}

SEC("tc")
int flavours(struct __sk_buff *skb)
{
    bpf_rcu_read_lock();
    if (bpf_rcu_read_lock___other)
        bpf_rcu_read_lock___other(1, 0);
    if (bpf_no_such_function)
        bpf_no_such_function();
    bpf_rcu_read_unlock();
    return 0;
}

SEC("tc")
int numbers_of_types(struct __sk_buff *skb)
{
    u64 local = __builtin_btf_type_id(*(struct nowhere___here *)0, 0);
    u64 kernel = __builtin_btf_type_id(*(struct nowhere___here *)0, 1);
    return local && !kernel ? 0 : 1;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:caught")))
int throwing(struct __sk_buff *skb)
{
    return between(skb) ? 0 : 1;
}

char _license[] SEC("license") = "GPL";
