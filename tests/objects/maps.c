// Values of maps: checked or not, within bounds or not.
#include "bpf.h"

struct entry { u64 count; u8 text[24]; };

struct {
    __uint(type, 1);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, struct entry);
} entries SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat") int counted(void *ctx)
{
    u32 key = pid_tgid() >> 32;
    struct entry fresh = {}, *known = lookup(&entries, &key);
    if (known) {
        __sync_fetch_and_add(&known->count, 1);
        return 0;
    }
    comm(fresh.text, sizeof(fresh.text));
    update(&entries, &key, &fresh, 0);
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat") int nullable(void *ctx)
{
    u32 key = 0;
    struct entry *known = lookup(&entries, &key);
    known->count++;
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat") int indexed(void *ctx)
{
    u32 key = 0, at = random();
    struct entry *known = lookup(&entries, &key);
    if (!known || at >= sizeof(known->text))
        return 0;
    known->text[at] = 1;
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat") int unbounded(void *ctx)
{
    u32 key = 0, at = random();
    struct entry *known = lookup(&entries, &key);
    if (!known)
        return 0;
    known->text[at] = 1;
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat") int signed_index(void *ctx)
{
    u32 key = 0;
    s32 at = random();
    struct entry *known = lookup(&entries, &key);
    if (!known || at > 20)
        return 0;
    known->text[at] = 1;
    return 0;
}

LICENSE;
