// Rules about what a container or node stands on: mounts, files, lxcfs, network, name servers, what the kernel wrote.
import type { DebugMount } from "../../protocol/debug.ts";
import { type Abnormal, bytes, type Rule, shown, t } from "./define.ts";

const FULL = 0.97;
const INODES_FULL = 0.98;
/** Held by files without a name: less is common (rotated logs). Editorial. */
const DELETED_BYTES = 1_073_741_824;
/** A queue of waiting connections as long as that refuses the next. */
const QUEUE_FULL = 1;
/** glibc gives up a question after 5 s; half a second is felt in every call. Editorial. */
const DNS_SLOW_MS = 500;
const CONNTRACK = 0.9;
/** What is seen may be a little more than the limit (rounding to pages). */
const SEEN_MORE = 1.05;

/** Network and disk: what can be written to and is meant to last. */
const isDisk = ({ type }: DebugMount): boolean =>
  /^(ext[234]|xfs|btrfs|f2fs|nfs4?|cifs|ceph|fuse\.(?!lxcfs)|zfs|overlay|virtiofs|9p|tmpfs)/.test(type);

const line = (m: DebugMount): string =>
  `${m.mountPoint} ${m.type} ${m.source}${m.error ? `: ${m.error}` : ""}`.slice(0, 300);

export const mountRule: Rule = ({ mounts }) => {
  const list = (mounts.value ?? []).filter(({ type }) => type !== "fuse.lxcfs");
  const found: Abnormal[] = [];
  const add = (
    rule: string,
    of: DebugMount[],
    title: Abnormal["title"],
    cause: string,
    side: Abnormal["side"],
    more = line,
  ) => {
    if (of.length > 0) found.push({ rule, severity: "critical", title, evidence: shown(of.map(more)), cause, side });
  };
  const hung = list.filter(({ state }) => state === "hung");
  const dead = list.filter(({ state }) => state === "dead");
  add(
    "mount-hung",
    hung,
    t(
      `${hung.length} mount does not answer: whoever touches it waits in the kernel.`,
      `${hung.length} 个挂载点无响应：访问它的进程会卡在内核中。`,
    ),
    "nfs-not-responding",
    "ours",
  );
  add(
    "mount-dead",
    dead,
    t(`${dead.length} mount is dead: every access fails.`, `${dead.length} 个挂载点已失效：访问均会失败。`),
    "nfs-not-responding",
    "ours",
  );
  const readOnly = list.filter((m) => m.isReadOnly && m.isMeantWritable && isDisk(m));
  add(
    "read-only",
    readOnly,
    t(
      `${readOnly.length} file system is read-only although it is meant to be written to.`,
      `${readOnly.length} 个文件系统本应可写，但处于只读状态。`,
    ),
    "fs-readonly",
    "ours",
  );
  const full = list.filter(
    (m) =>
      !m.isReadOnly &&
      m.totalBytes !== null &&
      m.totalBytes > 0 &&
      m.availableBytes !== null &&
      m.availableBytes <= m.totalBytes * (1 - FULL),
  );
  add(
    "disk-full",
    full,
    t(`${full.length} file system has no space left.`, `${full.length} 个文件系统空间已满。`),
    "disk-full",
    "either",
    (m) => `${line(m)}: ${bytes(m.availableBytes ?? 0)} of ${bytes(m.totalBytes ?? 0)} left`,
  );
  const inodes = list.filter(
    (m) =>
      !m.isReadOnly &&
      m.inodes !== null &&
      m.inodes > 0 &&
      m.inodesFree !== null &&
      m.inodesFree <= m.inodes * (1 - INODES_FULL),
  );
  add(
    "inodes-full",
    inodes,
    t(`${inodes.length} file system has no inodes left.`, `${inodes.length} 个文件系统 inode 已耗尽。`),
    "inode-exhaustion",
    "either",
    (m) => `${line(m)}: ${m.inodesFree} of ${m.inodes} inodes left`,
  );
  return found;
};

export const deletedRule: Rule = ({ deletedFiles, kind }) => {
  const list = deletedFiles.value ?? [];
  const held = list.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  if (held < DELETED_BYTES) return [];
  const title = t(
    `${bytes(held)} are held by files that were deleted and are still open.`,
    `已删除但仍被打开的文件占用 ${bytes(held)}。`,
  );
  const evidence = shown(list.map(({ pid, path, bytes: size }) => `${pid} ${path} ${bytes(size ?? 0)}`));
  return [
    {
      rule: "deleted-files",
      severity: "warning",
      title,
      evidence,
      cause: "disk-full",
      side: kind === "node" ? "ours" : "yours",
    },
  ];
};

export const viewsRule: Rule = ({ views, cgroups }) => {
  const value = views.value;
  if (!value) return [];
  if (value.hasLxcfs && !value.isAlive)
    return [
      {
        rule: "lxcfs-dead",
        severity: "critical",
        title: t(
          "lxcfs is dead here: reading /proc/meminfo, /proc/uptime and their like fails or hangs.",
          "此处的 lxcfs 已失效：读取 /proc/meminfo、/proc/uptime 等文件会失败或卡住。",
        ),
        evidence: value.error ? [value.error] : [],
        cause: "lxcfs-transport-endpoint",
        side: "ours",
      },
    ];
  const limit = cgroups.value?.[0]?.memoryMaxBytes ?? null;
  if (!value.hasLxcfs || limit === null || value.seenMemoryBytes === null || value.seenMemoryBytes <= limit * SEEN_MORE)
    return [];
  return [
    {
      rule: "lxcfs-wrong",
      severity: "warning",
      title: t(
        "Programs in it see more memory than they may use, in spite of lxcfs.",
        "尽管使用了 lxcfs，容器内看到的内存仍大于其限额。",
      ),
      evidence: [`seen ${bytes(value.seenMemoryBytes)}, limit ${bytes(limit)}`],
      cause: null,
      side: "ours",
    },
  ];
};

export const networkRule: Rule = ({ network, kind, sandbox }) => {
  const value = network.value;
  if (!value) return [];
  const found: Abnormal[] = [];
  // gVisor takes addresses and routes into its own network stack.
  const isSeen = value.isOwn && sandbox !== "gvisor";
  const down = value.interfaces.filter(
    ({ name, isUp, addresses }) => !isUp && (name === "eth0" || addresses.length > 0),
  );
  if (isSeen && down.length > 0)
    found.push({
      rule: "interface-down",
      severity: "critical",
      title: t(`Its interface ${down[0]?.name} is down.`, `其网卡 ${down[0]?.name} 处于 down 状态。`),
      evidence: shown(down.map(({ name, addresses }) => `${name} ${addresses.join(" ")}`)),
      cause: "pod-network-setup-failed",
      side: "ours",
    });
  const hasLink = value.interfaces.some(({ name }) => name !== "lo");
  if (isSeen && hasLink && !value.hasDefaultRoute)
    found.push({
      rule: "no-default-route",
      severity: "critical",
      title: t(
        "It has no default route: nothing outside its own network is reached.",
        "没有默认路由：无法访问其网络之外的地址。",
      ),
      evidence: shown(value.routes),
      cause: "pod-network-setup-failed",
      side: "ours",
    });
  if (isSeen && !hasLink)
    found.push({
      rule: "no-interface",
      severity: "critical",
      title: t("It has no network interface but lo.", "除 lo 之外没有网卡。"),
      evidence: [],
      cause: "pod-network-setup-failed",
      side: "ours",
    });
  const queues = value.listening.filter(
    ({ queue, queueMax }) => queueMax !== null && queue >= queueMax * QUEUE_FULL && queue > 0,
  );
  if (queues.length > 0)
    found.push({
      rule: "listen-queue",
      severity: "warning",
      title: t("Connections wait that the program does not accept.", "有连接在排队，程序未及时接受。"),
      evidence: shown(queues.map((q) => `${q.address}: ${q.queue} of ${q.queueMax} wait ${q.program}`)),
      cause: null,
      side: kind === "node" ? "ours" : "yours",
    });
  if (
    value.conntrack &&
    value.conntrack.max > 0 &&
    value.conntrack.count >= value.conntrack.max * CONNTRACK &&
    kind === "container"
  )
    found.push({
      rule: "conntrack",
      severity: "critical",
      title: t("The table of tracked connections is nearly full.", "连接跟踪表接近满。"),
      evidence: [`${value.conntrack.count} of ${value.conntrack.max}`],
      cause: "conntrack-full",
      side: "ours",
    });
  return found;
};

export const dnsRule: Rule = ({ dns }) => {
  const value = dns.value;
  if (!value) return [];
  const silent = value.lookups.filter(({ isAnswered }) => !isAnswered);
  const slow = value.lookups.filter(({ isAnswered, ms }) => isAnswered && ms >= DNS_SLOW_MS);
  const lines = (list: typeof silent) => list.map((l) => `${l.server}: ${l.error ?? `answered after ${l.ms} ms`}`);
  if (silent.length > 0) {
    // One of several that is silent costs 5 s each time it is asked first.
    const isAll = silent.length === value.lookups.length;
    return [
      {
        rule: "dns-silent",
        severity: isAll ? "critical" : "warning",
        title: isAll
          ? t("None of its name servers answers.", "其 DNS 服务器均无应答。")
          : t(
              `${silent.length} of ${value.lookups.length} name servers do not answer.`,
              `${value.lookups.length} 个 DNS 服务器中有 ${silent.length} 个无应答。`,
            ),
        evidence: lines(silent),
        cause: "dns-upstream-timeout",
        side: "ours",
      },
    ];
  }
  return slow.length === 0
    ? []
    : [
        {
          rule: "dns-slow",
          severity: "warning",
          title: t("A name server answers slowly.", "DNS 服务器应答缓慢。"),
          evidence: lines(slow),
          cause: null,
          side: "ours",
        },
      ];
};

/** What the kernel prints → what it means. The first that fits a line counts. */
const KERNEL: readonly {
  rule: string;
  match: RegExp;
  title: Abnormal["title"];
  cause: string;
  side: Abnormal["side"];
}[] = [
  {
    rule: "kernel-oom",
    match: /killed process|out of memory|oom-kill:/i,
    title: t("The kernel killed a process for want of memory.", "内核因内存不足终止了进程。"),
    cause: "oom-kill",
    side: "either",
  },
  {
    rule: "kernel-hung",
    match: /blocked for more than|hung_task/i,
    title: t("The kernel says that a task hangs.", "内核报告有任务挂起。"),
    cause: "hung-task",
    side: "ours",
  },
  {
    rule: "kernel-lockup",
    match: /soft lockup|hard LOCKUP|rcu.*stall/i,
    title: t("The kernel says that a processor is held up.", "内核报告处理器锁死。"),
    cause: "soft-lockup",
    side: "ours",
  },
  {
    rule: "kernel-io",
    match: /I\/O error|Buffer I\/O|EXT4-fs error|XFS.*(corrupt|shutdown)/i,
    title: t("The kernel reports errors of a disk.", "内核报告磁盘错误。"),
    cause: "disk-io-error",
    side: "ours",
  },
  {
    rule: "kernel-read-only",
    match: /remounting filesystem read-only|forced readonly/i,
    title: t("The kernel turned a file system read-only.", "内核将文件系统改为只读。"),
    cause: "fs-readonly",
    side: "ours",
  },
  {
    rule: "kernel-segfault",
    match: /segfault at|general protection fault|traps: /i,
    title: t("A process crashed (segmentation fault).", "有进程崩溃（段错误）。"),
    cause: "container-app-exits",
    side: "yours",
  },
];

/** Older lines are of another trouble, ms. The ring holds all of a boot. */
const RECENT_MS = 30 * 60_000;

export const kernelRule: Rule = ({ kernelLog, at, kind }) => {
  const recent = (kernelLog.value ?? []).filter((event) => at - event.at <= RECENT_MS);
  return KERNEL.flatMap(({ rule, match, title, cause, side }): Abnormal[] => {
    const lines = recent.filter(({ message }) => match.test(message));
    // On a node these may be any container's, and over; in a report of one they name it.
    const severity = kind === "container" ? "critical" : "warning";
    return lines.length === 0
      ? []
      : [{ rule, severity, title, evidence: shown(lines.map(({ message }) => message)), cause, side }];
  });
};
