// The kernel settings that a command may set: dispatcher and agent read the same list. Some others (kernel.core_pattern, kernel.modprobe) would hand out root.

/** What may be set at all: numbers that bound tables, queues and processes. */
export const SETTABLE_SYSCTL =
  /^(net\.netfilter\.nf_conntrack_(max|buckets|[a-z_]{0,40}timeout[a-z_]{0,40})|net\.core\.(somaxconn|netdev_max_backlog|netdev_budget|rmem_max|wmem_max|rmem_default|wmem_default)|net\.ipv4\.(ip_forward|ip_local_port_range|tcp_max_syn_backlog|tcp_max_orphans|tcp_mem|conf\.[A-Za-z0-9_][A-Za-z0-9_-]{0,14}\.(rp_filter|arp_ignore|arp_announce|accept_local)|neigh\.default\.gc_thresh[123])|vm\.(max_map_count|min_free_kbytes|swappiness)|fs\.(file-max|nr_open|inotify\.max_user_(instances|watches))|kernel\.(pid_max|threads-max)|net\.bridge\.bridge-nf-call-ip6?tables|net\.core\.bpf_jit_limit)$/;

/** Their values: one to four whole numbers. */
export const SYSCTL_NUMBERS = /^\d{1,19}([ \t]{1,8}\d{1,19}){0,3}$/;
