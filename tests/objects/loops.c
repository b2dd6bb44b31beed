// Loops: bounded, unbounded, and too many turns.
#include "bpf.h"

SEC("socket") int bounded(void *ctx)
{
    u64 total = 0;
    for (int i = 0; i < 100; i++)
        total += random() & i;
    return total;
}

SEC("socket") int by_number(void *ctx)
{
    u32 turns = random() & 63;
    u64 total = 0;
    for (u32 i = 0; i < turns; i++)
        total += random();
    return total;
}

SEC("socket") int endless(void *ctx)
{
    volatile u32 stop = 0;
    while (!stop)
        ;
    return 0;
}

SEC("socket") int unbounded(void *ctx)
{
    u64 total = 0;
    while (random() != 7)
        total++;
    return total;
}

SEC("socket") int too_long(void *ctx)
{
    u64 total = 0;
    for (u32 i = 0; i < 3000000; i++)
        total += random() & i;
    return total;
}

LICENSE;
