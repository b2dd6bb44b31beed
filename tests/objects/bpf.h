// What the programs of this folder need of the kernel's headers.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))
#define inline_always static inline __attribute__((always_inline))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define LICENSE char licence_text[] SEC("license") = "GPL"

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static u64 (*now)(void) = (void *)5;
static long (*printk)(const char *text, u32 size, ...) = (void *)6;
static u32 (*random)(void) = (void *)7;
static long (*tail_call)(void *ctx, void *map, u32 index) = (void *)12;
static u64 (*pid_tgid)(void) = (void *)14;
static long (*comm)(void *to, u32 size) = (void *)16;
static long (*load_bytes)(const void *skb, u32 off, void *to, u32 size) = (void *)26;
static long (*redirect_map)(void *map, u64 key, u64 flags) = (void *)51;
static void *(*sk_lookup_tcp)(void *ctx, void *tuple, u32 size, u64 net, u64 flags) = (void *)84;
static long (*sk_release)(void *sock) = (void *)86;
static void (*spin_lock)(void *lock) = (void *)93;
static void (*spin_unlock)(void *lock) = (void *)94;
static void *(*reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*submit)(void *record, u64 flags) = (void *)132;
static void (*discard)(void *record, u64 flags) = (void *)133;
static long (*for_each)(void *map, void *function, void *ctx, u64 flags) = (void *)164;
static long (*loop)(u32 count, void *function, void *ctx, u64 flags) = (void *)181;

struct xdp_md {
    u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct skb {
    u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority;
    u32 ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end;
};

struct sock_addr {
    u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol;
};
