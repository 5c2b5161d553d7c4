// The kernel settings that a command may set, and between which numbers: console, dispatcher and agent read the same list. Some others (kernel.core_pattern,
// kernel.modprobe) would hand out root; some numbers of these would starve a node or cut it off, so that no command could take them back.

/** What may be set at all: numbers that bound tables, queues and processes. */
export const SETTABLE_SYSCTL =
  /^(net\.netfilter\.nf_conntrack_(max|buckets|[a-z_]{0,40}timeout[a-z_]{0,40})|net\.core\.(somaxconn|netdev_max_backlog|netdev_budget|rmem_max|wmem_max|rmem_default|wmem_default)|net\.ipv4\.(ip_forward|ip_local_port_range|tcp_max_syn_backlog|tcp_max_orphans|tcp_mem|conf\.[A-Za-z0-9_][A-Za-z0-9_-]{0,14}\.(rp_filter|arp_ignore|arp_announce|accept_local)|neigh\.default\.gc_thresh[123])|vm\.(max_map_count|min_free_kbytes|swappiness)|fs\.(file-max|nr_open|inotify\.max_user_(instances|watches))|kernel\.(pid_max|threads-max)|net\.bridge\.bridge-nf-call-ip6?tables|net\.core\.bpf_jit_limit)$/;

/** Their values: one to four whole numbers. */
export const SYSCTL_NUMBERS = /^\d{1,19}([ \t]{1,8}\d{1,19}){0,3}$/;

/** What fits into an int of the kernel, which most of them are. */
const INT_MAX = 2_147_483_647;
/** `count`: how many numbers it has; 1 unless told. */
type Bounds = { min: number; max: number; count?: number };

/**
 * Kernel documentation (admin-guide/sysctl, networking/ip-sysctl) where it names an end: vm.min_free_kbytes below 1024 "subtly breaks" a system,
 * swappiness goes to 200, pid_max to 2^22. Lower ends else: the kernel's own default for a small machine, or less; a container node needs more, never less.
 */
const bounds: readonly [RegExp, Bounds][] = [
  [/_conntrack_max$/, { min: 16_384, max: INT_MAX }],
  [/_conntrack_buckets$/, { min: 1_024, max: INT_MAX }],
  // Shorter than the keepalive of what runs over them, connections are cut while they are idle.
  [/_tcp_timeout_established$/, { min: 300, max: INT_MAX }],
  [/timeout/, { min: 1, max: INT_MAX }],
  [/\.(somaxconn|tcp_max_syn_backlog|netdev_budget)$/, { min: 100, max: INT_MAX }],
  [/\.netdev_max_backlog$/, { min: 300, max: INT_MAX }],
  [/\.[rw]mem_(max|default)$/, { min: 65_536, max: INT_MAX }],
  [/\.bpf_jit_limit$/, { min: 33_554_432, max: Number.MAX_SAFE_INTEGER }],
  [/\.(ip_forward|accept_local|bridge-nf-call-ip6?tables)$/, { min: 0, max: 1 }],
  [/\.(rp_filter|arp_announce)$/, { min: 0, max: 2 }],
  [/\.arp_ignore$/, { min: 0, max: 8 }],
  [/\.ip_local_port_range$/, { min: 1_024, max: 65_535, count: 2 }],
  [/\.tcp_max_orphans$/, { min: 1_024, max: INT_MAX }],
  // In pages: 16 MiB.
  [/\.tcp_mem$/, { min: 4_096, max: Number.MAX_SAFE_INTEGER, count: 3 }],
  [/\.gc_thresh1$/, { min: 0, max: INT_MAX }],
  [/\.gc_thresh[23]$/, { min: 256, max: INT_MAX }],
  [/\.max_map_count$/, { min: 65_530, max: INT_MAX }],
  [/\.min_free_kbytes$/, { min: 1_024, max: INT_MAX }],
  [/\.swappiness$/, { min: 0, max: 200 }],
  [/\.(file-max|nr_open)$/, { min: 65_536, max: Number.MAX_SAFE_INTEGER }],
  [/\.max_user_instances$/, { min: 128, max: INT_MAX }],
  [/\.max_user_watches$/, { min: 8_192, max: INT_MAX }],
  [/\.pid_max$/, { min: 32_768, max: 4_194_304 }],
  [/\.threads-max$/, { min: 4_096, max: INT_MAX }],
];

/** Of ports that connections may go out by; a busy node uses thousands at once. Editorial. */
const PORTS_MIN = 1_000;

/** Why the value may not be put there; null when it may. What a node had before may be put back whatever it is. Never throws. */
export function settingError(key: string, value: string): string | null {
  if (!SETTABLE_SYSCTL.test(key)) return "not among the settings that may be changed";
  if (!SYSCTL_NUMBERS.test(value)) return "not a number";
  const { min, max, count = 1 } = bounds.find(([pattern]) => pattern.test(key))?.[1] ?? { min: 0, max: INT_MAX };
  const numbers = value.split(/[ \t]+/).map(Number);
  if (numbers.length !== count) return count === 1 ? "needs one number" : `needs ${count} numbers`;
  if (numbers.some((n) => n < min || n > max)) return `must lie between ${min} and ${max}`;
  if (numbers.some((n, i) => n < (numbers[i - 1] ?? 0))) return "its numbers must rise";
  const [from = 0, to = 0] = numbers;
  return count === 2 && to - from < PORTS_MIN ? `leaves fewer than ${PORTS_MIN} ports` : null;
}
