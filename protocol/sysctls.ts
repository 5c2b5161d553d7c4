// The kernel settings that a command may set: dispatcher and agent read the same list. Some others (kernel.core_pattern, kernel.modprobe) would hand out root.

/** What may be set at all: numbers that bound tables, queues and processes. */
export const SETTABLE_SYSCTL =
  /^(net\.netfilter\.nf_conntrack_(max|buckets|[a-z_]{0,40}timeout[a-z_]{0,40})|net\.core\.(somaxconn|netdev_max_backlog)|net\.ipv4\.(ip_local_port_range|tcp_max_syn_backlog|neigh\.default\.gc_thresh[123])|vm\.(max_map_count|min_free_kbytes|swappiness)|fs\.(file-max|nr_open|inotify\.max_user_(instances|watches))|kernel\.(pid_max|threads-max))$/;

/** Their values: one to four whole numbers. */
export const SYSCTL_NUMBERS = /^\d{1,19}([ \t]{1,8}\d{1,19}){0,3}$/;
