// Facts "sysctls" and "limits": kernel settings that container hosts stumble over, and how far the node is from its limits.
import { readNumber, readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { defineCollector } from "./define.ts";

/** Settings worth comparing across a fleet. */
const keys = [
  "fs.file-max",
  "fs.inotify.max_user_instances",
  "fs.inotify.max_user_watches",
  "fs.may_detach_mounts",
  "fs.nr_open",
  "kernel.hung_task_timeout_secs",
  "kernel.panic",
  "kernel.panic_on_oops",
  "kernel.pid_max",
  "kernel.softlockup_panic",
  "kernel.threads-max",
  "net.bridge.bridge-nf-call-iptables",
  "net.core.somaxconn",
  "net.ipv4.conf.all.rp_filter",
  "net.ipv4.ip_forward",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.neigh.default.gc_thresh3",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_tw_reuse",
  "net.netfilter.nf_conntrack_max",
  "net.netfilter.nf_conntrack_tcp_timeout_established",
  "net.netfilter.nf_conntrack_udp_timeout",
  "net.netfilter.nf_conntrack_udp_timeout_stream",
  "user.max_user_namespaces",
  "vm.max_map_count",
  "vm.min_free_kbytes",
  "vm.overcommit_memory",
  "vm.panic_on_oom",
  "vm.swappiness",
] as const;

/** File of a setting. Dots separate; a key with a dot inside a part is not in use here. */
export const sysctlPath = (key: string): string => `/proc/sys/${key.replaceAll(".", "/")}`;

export const sysctls = defineCollector({
  kind: "sysctls",
  everyMs: 300_000,
  timeoutMs: 5_000,
  read: () =>
    Object.fromEntries(
      keys.flatMap((key): [string, string][] => {
        const value = readText(sysctlPath(key));
        return value === null ? [] : [[key, value.replace(/\s+/g, " ")]];
      }),
    ),
});

/** /proc/sys/fs/file-nr: allocated, unused, maximum. */
export function parseFileNr(text: string): { open: number; max: number } {
  const [open = 0, free = 0, max = 0] = text.trim().split(/\s+/).map(Number);
  return { open: open - free, max };
}

export const limits = defineCollector({
  kind: "limits",
  everyMs: 60_000,
  timeoutMs: 5_000,
  read: ({ table }) => {
    const files = parseFileNr(readText("/proc/sys/fs/file-nr") ?? "");
    const threads = table.read(5_000).all.reduce((sum, p) => sum + p.threads, 0);
    return {
      openFiles: significant(files.open, 1),
      openFilesMax: files.max,
      threads: significant(threads, 1),
      threadsMax: readNumber("/proc/sys/kernel/threads-max") ?? 0,
      inotifyInstancesMax: readNumber("/proc/sys/fs/inotify/max_user_instances"),
      inotifyWatchesMax: readNumber("/proc/sys/fs/inotify/max_user_watches"),
    };
  },
});
