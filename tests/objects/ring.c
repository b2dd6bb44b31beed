// Records of ring buffers: given back on every path, or not.
#include "bpf.h"

struct event { u32 pid; u8 comm[16]; };

struct {
    __uint(type, 27);
    __uint(max_entries, 4096);
} ring SEC(".maps");

SEC("tracepoint/sched/sched_process_exec") int sent(void *ctx)
{
    struct event *event = reserve(&ring, sizeof(*event), 0);
    if (!event)
        return 0;
    event->pid = pid_tgid() >> 32;
    comm(event->comm, sizeof(event->comm));
    if (event->pid == 1)
        discard(event, 0);
    else
        submit(event, 0);
    return 0;
}

SEC("tracepoint/sched/sched_process_exec") int lost(void *ctx)
{
    struct event *event = reserve(&ring, sizeof(*event), 0);
    if (!event)
        return 0;
    event->pid = pid_tgid() >> 32;
    if (event->pid == 1)
        return 0;
    submit(event, 0);
    return 0;
}

SEC("tracepoint/sched/sched_process_exec") int used_after(void *ctx)
{
    struct event *event = reserve(&ring, sizeof(*event), 0);
    if (!event)
        return 0;
    submit(event, 0);
    event->pid = 1;
    return 0;
}

SEC("tracepoint/sched/sched_process_exec") int twice(void *ctx)
{
    struct event *event = reserve(&ring, sizeof(*event), 0);
    if (!event)
        return 0;
    submit(event, 0);
    submit(event, 0);
    return 0;
}

LICENSE;
