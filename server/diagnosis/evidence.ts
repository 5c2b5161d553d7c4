// What is known of a container and its node right now, read from stored facts: the look that the verdict is made of, and what of it is shown.
import { exitMeaning } from "../../diagnosis/exit-codes.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { FactData } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { likePattern } from "../core/scope.ts";
import { readFacts } from "../nodes/facts.ts";
import type { ContainerRow } from "./containers.ts";
import type { Observation } from "./schema.ts";
import type { Container } from "./symptom-parts.ts";
import type { SeenNode } from "./verdict.ts";

type Db = PrismaClient | Tx;

/** Kernel lines older than this are not about what is asked now. */
const LINES_MS = 60 * 60_000;
const LINES_MAX = 40;
const MIB = 1_048_576;

/** `isInternal`: not for people without rights on nodes. */
export type Seen = Observation & { isInternal: boolean };

export type ContainerLook = {
  container: Container;
  observations: Seen[];
  /** What runtime and kernel printed about it. */
  lines: string;
};

const t = (en: string, zh: string): Text => ({ en, zh });
const states = ["created", "running", "paused", "exited", "unknown"] as const;

type Workload = FactData["workload"]["containers"][number];
type Restart = FactData["workload"]["restarts"][number];

/** Looks at a container: its row, what the kernel says of it, and every line that names it. */
export async function lookAtContainer(db: Db, row: ContainerRow, now: Date): Promise<ContainerLook> {
  const { workload, logMatches, runtimes } = await readFacts(db, row.nodeId, ["workload", "logMatches", "runtimes"]);
  const kernel = await kernelLines(db, row, now);
  const seen = workload?.containers.find(({ id }) => id === row.id);
  const restart = workload?.restarts.find(
    (one) =>
      one.containerId === row.id || (one.podName === row.podName && one.name === row.name && row.podName !== null),
  );
  const names = [row.id.slice(0, 12), ...(row.podName ? [row.podName] : [])];
  const matched = (logMatches?.matches ?? [])
    .filter(({ isCleared }) => !isCleared)
    .flatMap(({ lines }) => lines)
    .filter((line) => names.some((name) => line.includes(name)));
  const lines = [row.reason ?? "", ...matched, ...kernel.map(({ message }) => message)].filter((line) => line !== "");
  const oomLine = kernel.find(({ message }) => /oom|out of memory/i.test(message));
  const container = containerOf(row, { seen, restart, oomAt: oomLine?.at.getTime() ?? null }, now);
  const runtime = runtimes?.find(({ id }) => id === row.runtime);
  return { container, observations: observed(container, runtime, lines), lines: lines.slice(0, LINES_MAX).join("\n") };
}

const kernelLines = (db: Db, { nodeId, id }: ContainerRow, now: Date) =>
  db.kernelEvent.findMany({
    where: {
      nodeId,
      at: { gte: new Date(now.getTime() - LINES_MS) },
      message: { contains: likePattern(id.slice(0, 12)) },
    },
    orderBy: { at: "desc" },
    take: LINES_MAX,
    select: { at: true, message: true },
  });

function containerOf(
  row: ContainerRow,
  { seen, restart, oomAt }: { seen: Workload | undefined; restart: Restart | undefined; oomAt: number | null },
  now: Date,
): Container {
  const ago = (at: number | null | undefined) => (at == null ? null : Math.max(0, now.getTime() - at));
  const since = row.state === "exited" ? row.finishedAt : (row.startedAt ?? row.createdAt);
  const number = (value: bigint | null) => (value === null ? null : Number(value));
  return {
    state: states.find((state) => state === row.state) ?? "unknown",
    exitCode: row.exitCode,
    reason: row.reason,
    ageMs: ago(since?.getTime()),
    restarts: restart?.count ?? 0,
    lastExit: restart ? { code: restart.exitCode, reason: restart.reason } : null,
    memoryLimitBytes: seen?.memoryLimitBytes ?? number(row.memoryLimitBytes),
    memoryUsedBytes: seen?.memoryUsedBytes ?? number(row.memoryUsedBytes),
    memoryPeakBytes: seen?.memoryPeakBytes ?? null,
    oomAgoMs: ago(seen?.oomKilledAt ?? oomAt),
    pidsCurrent: seen?.pidsCurrent ?? null,
    pidsMax: seen?.pidsMax ?? null,
    pidsRefusedAgoMs: ago(seen?.pidsRefusedAt),
    throttledRatio: seen?.throttledRatio ?? null,
    openFiles: seen?.openFiles ?? null,
    openFilesMax: seen?.openFilesMax ?? null,
    isFrozen: seen?.isFrozen ?? null,
    frozenBy: seen?.frozenBy ?? null,
    health: seen?.health ?? null,
  };
}

const STATES: Record<Container["state"], Text> = {
  created: t("made, not started", "已创建，未启动"),
  running: t("running", "运行中"),
  paused: t("paused", "已暂停"),
  exited: t("ended", "已结束"),
  unknown: t("not known to its runtime", "运行时无法给出"),
};
const HEALTH: Record<NonNullable<Container["health"]>, Text> = {
  starting: t("starting", "启动中"),
  healthy: t("passes", "通过"),
  unhealthy: t("fails", "失败"),
};

const mebi = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
const same = (text: string): Text => ({ en: text, zh: text });

/** Thresholds of what is marked: as the checks of the catalogue have them. */
const FULL = 0.95;

function observed(c: Container, runtime: FactData["runtimes"][number] | undefined, lines: readonly string[]): Seen[] {
  const found: Seen[] = [];
  const add = (label: Text, value: Text, isAbnormal: boolean, isInternal = false) =>
    found.push({ label, value, isAbnormal, isInternal });
  add(t("State", "状态"), STATES[c.state], c.state === "unknown" || c.state === "paused");
  if (c.state === "exited" && c.exitCode !== null) {
    const { title } = exitMeaning(c.exitCode);
    const reason = c.reason ? ` (${c.reason})` : "";
    const value = t(`${c.exitCode}${reason}: ${title.en}`, `${c.exitCode}${reason}：${title.zh}`);
    add(t("Exit code", "退出码"), value, c.exitCode !== 0);
  } else if (c.reason) add(t("Reason", "原因"), same(c.reason), c.state !== "running");
  if (c.restarts > 0) add(t("Restarts within 15 min", "15 分钟内重启次数"), same(String(c.restarts)), c.restarts >= 3);
  const { memoryLimitBytes: limit, memoryUsedBytes: used, memoryPeakBytes: peak } = c;
  if (used !== null || limit !== null)
    add(
      t("Memory: used, most, limit", "内存：当前、峰值、上限"),
      t(
        [used, peak].map((one) => (one === null ? "–" : mebi(one))).join(", ") +
          (limit === null ? ", no limit" : `, ${mebi(limit)}`),
        [used, peak].map((one) => (one === null ? "–" : mebi(one))).join("、") +
          (limit === null ? "、无上限" : `、${mebi(limit)}`),
      ),
      limit !== null && Math.max(used ?? 0, peak ?? 0) >= FULL * limit,
    );
  if (c.oomAgoMs !== null) {
    const minutes = Math.round(c.oomAgoMs / 60_000);
    add(
      t("A process was killed for memory", "有进程因内存被终止"),
      t(`${minutes} min ago`, `${minutes} 分钟前`),
      c.oomAgoMs < 15 * 60_000,
    );
  }
  if (c.throttledRatio !== null)
    add(
      t("Made to wait for its CPU limit", "因 CPU 上限被限流"),
      same(`${Math.round(c.throttledRatio * 100)} %`),
      c.throttledRatio >= 0.5,
    );
  if (c.pidsMax !== null)
    add(
      t("Processes and threads", "进程与线程"),
      same(`${c.pidsCurrent ?? "–"} / ${c.pidsMax}`),
      (c.pidsCurrent ?? 0) >= FULL * c.pidsMax,
    );
  if (c.openFiles !== null && c.openFilesMax !== null)
    add(
      t("Open files and connections", "打开的文件与连接"),
      same(`${c.openFiles} / ${c.openFilesMax}`),
      c.openFiles >= FULL * c.openFilesMax,
    );
  if (c.health !== null) add(t("Its health check", "健康检查"), HEALTH[c.health], c.health === "unhealthy");
  if (c.isFrozen)
    add(
      t("Frozen", "被冻结"),
      c.frozenBy === null ? t("yes, nobody asked for it", "是，并非有意为之") : same(c.frozenBy),
      c.frozenBy === null,
    );
  if (runtime)
    add(
      t("Container runtime", "容器运行时"),
      runtime.probe.ok
        ? t("answers", "应答正常")
        : t(`does not answer (${runtime.probe.code ?? "?"})`, `无应答（${runtime.probe.code ?? "?"}）`),
      !runtime.probe.ok,
      true,
    );
  for (const line of lines.slice(0, 5))
    if (line !== c.reason)
      add(t("Printed on the node", "节点日志"), same(line.slice(0, 500).toWellFormed()), true, true);
  return found;
}

const NODE_STATES: Record<string, Text> = {
  healthy: t("healthy", "健康"),
  degraded: t("has minor trouble", "有轻微问题"),
  unhealthy: t("in trouble", "有问题"),
  not_reporting: t("not reporting", "未上报"),
  maintenance: t("in maintenance", "维护中"),
};

/** The node itself, in plain words. */
export async function lookAtNode(db: Db, nodeId: string): Promise<{ node: SeenNode; observations: Seen[] }> {
  const { isConnected, state } = await db.node.findUniqueOrThrow({
    where: { id: nodeId },
    select: { isConnected: true, state: true },
  });
  const value = NODE_STATES[state] ?? t("not known", "未知");
  return {
    node: { isReporting: isConnected && state !== "not_reporting", state, isInMaintenance: state === "maintenance" },
    observations: [{ label: t("Our node", "所在节点"), value, isAbnormal: state !== "healthy", isInternal: false }],
  };
}
