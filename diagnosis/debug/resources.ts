// Rules about processes and limits: states, control groups, pressure, tables of the node.
import type { DebugCgroup, DebugProcess } from "../../protocol/debug.ts";
import { type Abnormal, bytes, type Rule, shown, t } from "./define.ts";

/** Nearly at a limit: what is left is gone with one more start. Editorial. */
const NEARLY = 0.9;
/** Of its periods in which it was made to wait: below a quarter mostly nobody feels it. Editorial. */
const THROTTLED = 0.25;
const PERIODS_MIN = 100;
/** Share of the last 10 s in which all tasks stood still, per cent; Linux' own examples for oomd act at 10 to 50 (systemd-oomd: 60 % for 30 s). */
const STALLED = 40;
/** A few zombies are reaped in a moment. */
const ZOMBIES = 10;
/** Waiting tasks for each processor. Editorial. */
const LOAD = 4;
const MEMORY_LEFT = 0.05;

const line = (p: DebugProcess): string =>
  `${p.pid} ${p.state} ${p.name}${p.waitChannel ? ` waits in ${p.waitChannel}` : ""}${p.stack[0] ? ` (${p.stack.slice(0, 3).join(" < ")})` : ""} ${p.command}`.slice(
    0,
    300,
  );

export const processRule: Rule = ({ processes, kind }) => {
  const list = processes.value?.list ?? [];
  const side = kind === "node" ? "ours" : "either";
  const found: Abnormal[] = [];
  const add = (
    rule: string,
    of: DebugProcess[],
    severity: Abnormal["severity"],
    title: Abnormal["title"],
    cause: string | null,
    whose: Abnormal["side"],
  ) => {
    if (of.length > 0) found.push({ rule, severity, title, evidence: shown(of.map(line)), cause, side: whose });
  };
  // A single look cannot tell a wait from a hang: one that never used memory bandwidth of the disk shows as D for a moment. Two at once are no chance.
  const stuck = list.filter(({ state, stuckThreads }) => state === "D" || stuckThreads > 0);
  const isHang =
    stuck.length > 1 ||
    stuck.some(({ stack, waitChannel }) =>
      /nfs|fuse|rpc|freeze|request_wait|io_schedule|blk|jbd2|xfs_/.test([waitChannel, ...stack].join(" ")),
    );
  add(
    "stuck",
    isHang ? stuck : [],
    "critical",
    t(
      `${stuck.length} process is stuck in the kernel (state D) and cannot be killed.`,
      `${stuck.length} 个进程卡在内核中（D 状态），无法被终止。`,
    ),
    "hung-task",
    "ours",
  );
  const stopped = list.filter(
    ({ state, name }) => /^[Tt]$/.test(state) && !/^(containerd|dockerd|pouchd|crio|lxcfs)/.test(name),
  );
  add(
    "stopped",
    stopped,
    "warning",
    t(
      `${stopped.length} process is stopped (SIGSTOP or a debugger).`,
      `${stopped.length} 个进程被停止（SIGSTOP 或调试器）。`,
    ),
    null,
    side,
  );
  const lxcfs = list.filter(({ state, name }) => /^[Tt]$/.test(state) && name === "lxcfs");
  add(
    "lxcfs-stopped",
    lxcfs,
    "critical",
    t("lxcfs is stopped: whoever reads its files waits for ever.", "lxcfs 被停止：读取其文件的进程会一直等待。"),
    "lxcfs-transport-endpoint",
    "ours",
  );
  const zombies = list.filter(({ state }) => state === "Z");
  add(
    "zombies",
    zombies.length >= ZOMBIES ? zombies : [],
    "warning",
    t(
      `${zombies.length} dead processes are not reaped by their parent.`,
      `${zombies.length} 个僵尸进程未被父进程回收。`,
    ),
    "zombie-processes",
    side,
  );
  const full = list.filter(
    ({ openFiles, openFilesMax }) =>
      openFiles !== null && openFilesMax !== null && openFilesMax > 0 && openFiles >= openFilesMax * NEARLY,
  );
  const files = shown(full.map((p) => `${p.pid} ${p.name}: ${p.openFiles} of ${p.openFilesMax}`));
  if (full.length > 0)
    found.push({
      rule: "open-files",
      severity: "critical",
      title: t(
        `${full.length} process has nearly as many open files as it may.`,
        `${full.length} 个进程的打开文件数接近上限。`,
      ),
      evidence: files,
      cause: "nofile-limit",
      side,
    });
  return found;
};

type Level = { group: DebugCgroup; isOwn: boolean };
const levels = (groups: DebugCgroup[] | null): Level[] =>
  (groups ?? []).map((group, at) => ({ group, isOwn: at === 0 }));
const whose = (isOwn: boolean) =>
  isOwn ? t("Its control group", "其 cgroup") : t("A control group above it (its pod)", "其上级 cgroup（Pod）");

export const cgroupRule: Rule = ({ cgroups }) =>
  levels(cgroups.value).flatMap(({ group, isOwn }): Abnormal[] => {
    const found: Abnormal[] = [];
    const who = whose(isOwn);
    const { path, pids, pidsMax, pidsRefused, oomKills, memoryBytes, memoryMaxBytes, memoryPeakBytes, isFrozen } =
      group;
    const add = (
      rule: string,
      severity: Abnormal["severity"],
      title: Abnormal["title"],
      evidence: string[],
      cause: string | null,
      side: Abnormal["side"],
    ) =>
      found.push({ rule: isOwn ? rule : `${rule}-above`, severity, title, evidence: [path, ...evidence], cause, side });
    if (isFrozen)
      add(
        "frozen",
        "critical",
        t(`${who.en} is frozen: no process of it does anything.`, `${who.zh}被冻结：其中的进程均不运行。`),
        ["frozen"],
        null,
        "ours",
      );
    if (pids !== null && pidsMax !== null && pids >= pidsMax)
      add(
        "pids-full",
        "critical",
        t(
          `${who.en} has as many tasks as it may (${pidsMax}): it can start nothing more.`,
          `${who.zh}的任务数已达上限（${pidsMax}）：无法再启动任何进程。`,
        ),
        [`pids.current ${pids}, pids.max ${pidsMax}`, `refused ${pidsRefused ?? "?"}`],
        "pids-limit",
        "yours",
      );
    else if (pids !== null && pidsMax !== null && pids >= pidsMax * NEARLY)
      add(
        "pids-nearly",
        "warning",
        t(`${who.en} has ${pids} of ${pidsMax} tasks.`, `${who.zh}已用 ${pids}/${pidsMax} 个任务。`),
        [`pids.current ${pids}, pids.max ${pidsMax}`],
        "pids-limit",
        "yours",
      );
    // Above it the count holds what happened to its neighbours, too.
    if (isOwn && oomKills !== null && oomKills > 0)
      add(
        "oom-killed",
        "critical",
        t(
          `The kernel killed ${oomKills} of its processes for want of memory.`,
          `内核因内存不足终止了其中 ${oomKills} 个进程。`,
        ),
        [
          `oom_kill ${oomKills}`,
          `limit ${memoryMaxBytes === null ? "none" : bytes(memoryMaxBytes)}, peak ${memoryPeakBytes === null ? "?" : bytes(memoryPeakBytes)}`,
        ],
        "oom-kill",
        "yours",
      );
    if (isOwn && memoryBytes !== null && memoryMaxBytes !== null && memoryBytes >= memoryMaxBytes * 0.98)
      add(
        "memory-full",
        "warning",
        t(
          `It uses ${bytes(memoryBytes)} of ${bytes(memoryMaxBytes)} memory (with its page cache).`,
          `已用内存 ${bytes(memoryBytes)}，上限 ${bytes(memoryMaxBytes)}（含页缓存）。`,
        ),
        [],
        "oom-kill",
        "yours",
      );
    const { periods, throttledPeriods, cpuMaxMillis } = group;
    if (
      isOwn &&
      periods !== null &&
      throttledPeriods !== null &&
      periods >= PERIODS_MIN &&
      throttledPeriods >= periods * THROTTLED
    )
      add(
        "throttled",
        "warning",
        t(
          `Its processor limit made it wait in ${Math.round((throttledPeriods / periods) * 100)} % of all periods.`,
          `CPU 限额使其在 ${Math.round((throttledPeriods / periods) * 100)}% 的周期中被限流。`,
        ),
        [`${throttledPeriods} of ${periods} periods, limit ${cpuMaxMillis ?? "?"} m`],
        null,
        "yours",
      );
    const { memory, io } = group.pressure;
    if (isOwn && (memory?.full ?? 0) >= STALLED)
      add(
        "memory-pressure",
        "warning",
        t(
          `All its tasks waited for memory ${memory?.full} % of the last 10 s.`,
          `最近 10 秒内有 ${memory?.full}% 的时间所有任务都在等待内存。`,
        ),
        [],
        null,
        "yours",
      );
    if (isOwn && (io?.full ?? 0) >= STALLED)
      add(
        "io-pressure",
        "warning",
        t(
          `All its tasks waited for disks ${io?.full} % of the last 10 s.`,
          `最近 10 秒内有 ${io?.full}% 的时间所有任务都在等待磁盘。`,
        ),
        [],
        null,
        "either",
      );
    return found;
  });

export const tablesRule: Rule = ({ tables }) => {
  const value = tables.value;
  if (!value) return [];
  const found: Abnormal[] = [];
  const table = (rule: string, name: Abnormal["title"], of: { count: number; max: number } | null, cause: string) => {
    if (!of || of.max <= 0 || of.count < of.max * NEARLY) return;
    const title = t(`${name.en}: ${of.count} of ${of.max} in use.`, `${name.zh}：已用 ${of.count}/${of.max}。`);
    found.push({ rule, severity: "critical", title, evidence: [`${of.count} of ${of.max}`], cause, side: "ours" });
  };
  table("node-pids", t("Tasks of the node", "节点任务数"), value.pids, "pids-limit");
  table("node-files", t("Open files of the node", "节点打开文件数"), value.files, "nofile-limit");
  table("node-conntrack", t("Tracked connections", "连接跟踪表"), value.conntrack, "conntrack-full");
  table("node-inotify", t("inotify instances", "inotify 实例"), value.inotify, "inotify-limit");
  const [load = 0] = value.load;
  if (load >= value.cpus * LOAD)
    found.push({
      rule: "node-load",
      severity: "warning",
      title: t(`Load ${load} on ${value.cpus} processors.`, `${value.cpus} 个处理器，负载 ${load}。`),
      evidence: [value.load.join(" ")],
      cause: null,
      side: "ours",
    });
  if (value.memoryBytes > 0 && value.memoryAvailableBytes < value.memoryBytes * MEMORY_LEFT)
    found.push({
      rule: "node-memory",
      severity: "critical",
      title: t(
        `Only ${bytes(value.memoryAvailableBytes)} of ${bytes(value.memoryBytes)} memory are left on the node.`,
        `节点可用内存仅剩 ${bytes(value.memoryAvailableBytes)}（共 ${bytes(value.memoryBytes)}）。`,
      ),
      evidence: [],
      cause: "evict-memory",
      side: "ours",
    });
  for (const [what, zh] of [
    ["memory", "内存"],
    ["io", "磁盘"],
  ] as const) {
    const full = value.pressure[what]?.full ?? 0;
    if (full >= STALLED)
      found.push({
        rule: `node-${what}-pressure`,
        severity: "warning",
        title: t(
          `All tasks of the node waited for ${what} ${full} % of the last 10 s.`,
          `最近 10 秒内有 ${full}% 的时间节点所有任务都在等待${zh}。`,
        ),
        evidence: [],
        cause: null,
        side: "ours",
      });
  }
  return found;
};
