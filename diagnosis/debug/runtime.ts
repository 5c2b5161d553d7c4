// Rules about runtimes and shims, and about a container's state as its runtime tells it against what lives.
import type { DebugProcess, DebugReport, DebugRuntime } from "../../protocol/debug.ts";
import { type Abnormal, type Rule, shown, t } from "./define.ts";

const STOPPED = /^[Tt]$/;
/** A runtime answers within milliseconds; a second is what people begin to feel in every `kubectl exec`. Editorial. */
const SLOW_MS = 1_000;

const processLine = ({ process, id }: DebugRuntime): string =>
  process
    ? `${id}: pid ${process.pid}, state ${process.state}${process.waitChannel ? `, waits in ${process.waitChannel}` : ""}`
    : `${id}: no process was found`;

export const runtimeRule: Rule = ({ runtimes, container }) =>
  (runtimes.value ?? [])
    // Of a container only its own runtime matters, where that is known.
    .filter(({ id }) => !container.value || container.value.runtime === id)
    .flatMap((runtime): Abnormal[] => {
      const { id, isAnswering, error, process, ms } = runtime;
      const evidence = [processLine(runtime), ...(error ? [`${id}: ${error}`] : [])];
      const base = { severity: "critical", evidence, cause: "runtime-down", side: "ours" } as const;
      if (process && STOPPED.test(process.state))
        return [
          {
            ...base,
            rule: "runtime-stopped",
            title: t(
              `The runtime ${id} is stopped (state ${process.state}): somebody sent it SIGSTOP.`,
              `容器运行时 ${id} 处于停止状态（${process.state}）：有人向它发送了 SIGSTOP。`,
            ),
          },
        ];
      if (!isAnswering && process)
        return [
          {
            ...base,
            rule: "runtime-hung",
            title: t(`The runtime ${id} runs and does not answer.`, `容器运行时 ${id} 进程存在，但无响应。`),
          },
        ];
      if (!isAnswering)
        return [
          { ...base, rule: "runtime-down", title: t(`The runtime ${id} does not run.`, `容器运行时 ${id} 未运行。`) },
        ];
      if (ms < SLOW_MS) return [];
      return [
        {
          rule: "runtime-slow",
          severity: "warning",
          title: t(
            `The runtime ${id} took ${ms} ms for the smallest question.`,
            `容器运行时 ${id} 回答最简单的请求用了 ${ms} ms。`,
          ),
          evidence,
          cause: null,
          side: "ours",
        },
      ];
    });

export const shimRule: Rule = ({ shims }) => {
  const list = shims.value ?? [];
  const line = (s: (typeof list)[number]) =>
    `${s.name} ${s.pid} state ${s.state}${s.waitChannel ? ` waits in ${s.waitChannel}` : ""}${s.containerId ? ` of ${s.containerId.slice(0, 12)}` : ""}${s.error ? `: ${s.error}` : ""}`;
  const entry = (rule: string, of: typeof list, title: Abnormal["title"]): Abnormal[] =>
    of.length === 0
      ? []
      : [
          {
            rule,
            severity: "critical",
            title,
            evidence: shown(of.map(line)),
            cause: "shim-connection-lost",
            side: "ours",
          },
        ];
  const stopped = list.filter(({ state }) => STOPPED.test(state));
  const stuck = list.filter(({ state }) => state === "D");
  const silent = list.filter((s) => s.isAnswering === false && !stopped.includes(s) && !stuck.includes(s));
  return [
    ...entry(
      "shim-stopped",
      stopped,
      t(
        `${stopped.length} shim is stopped (SIGSTOP): its container runs on, but cannot be entered, stopped or counted.`,
        `${stopped.length} 个 shim 被停止（SIGSTOP）：容器仍在运行，但无法进入、停止或统计。`,
      ),
    ),
    ...entry(
      "shim-stuck",
      stuck,
      t(`${stuck.length} shim is stuck in the kernel (state D).`, `${stuck.length} 个 shim 卡在内核中（D 状态）。`),
    ),
    ...entry(
      "shim-silent",
      silent,
      t(`${silent.length} shim does not answer on its socket.`, `${silent.length} 个 shim 的套接字无响应。`),
    ),
  ];
};

const lives = ({ state }: DebugProcess): boolean => state !== "Z" && state !== "X";

/** What lives that a sandbox or container is made of. Shims are not among its processes. */
const living = ({ processes }: DebugReport): DebugProcess[] => (processes.value?.list ?? []).filter(lives);

export const stateRule: Rule = (report) => {
  const { container, processes, shims, sandbox } = report;
  const said = container.value;
  if (!said || !processes.value) return [];
  const alive = living(report);
  const by = `${said.runtime} said "${said.state}"${said.isSaidNow ? "" : " when it last answered"}`;
  // In a sandbox only its monitor is seen, and a shared one outlives this container.
  if (said.state === "running" && alive.length === 0 && sandbox === "none")
    return [
      {
        rule: "gone-but-running",
        severity: "critical",
        title: t(
          "The runtime lists it as running, and no process of it lives.",
          "运行时称其正在运行，但它已没有任何存活进程。",
        ),
        evidence: [
          by,
          `processes: ${processes.value.total}`,
          ...(shims.value?.length === 0 ? ["no shim of it runs"] : []),
        ],
        cause: "runtime-state-desync",
        side: "ours",
      },
    ];
  if (said.state === "exited" && alive.length > 0 && sandbox === "none")
    return [
      {
        rule: "alive-but-exited",
        severity: "critical",
        title: t(
          "The runtime says that it has ended, and processes of it live on.",
          "运行时称其已退出，但仍有进程存活。",
        ),
        evidence: [by, ...shown(alive.map((p) => `${p.pid} ${p.state} ${p.command || p.name}`))],
        cause: "runtime-state-desync",
        side: "ours",
      },
    ];
  if (
    said.state === "running" &&
    shims.value?.length === 0 &&
    alive.length > 0 &&
    sandbox === "none" &&
    !/docker|pouch/.test(said.runtime)
  )
    return [
      {
        rule: "shim-gone",
        severity: "critical",
        title: t(
          "Its shim is gone: nobody can stop it or learn how it ends.",
          "其 shim 已不存在：无法停止容器，也无法得知其退出状态。",
        ),
        evidence: [by, `first process: ${alive[0]?.pid} (parent ${alive[0]?.ppid})`],
        cause: "shim-connection-lost",
        side: "ours",
      },
    ];
  if (said.state === "exited" && said.exitCode !== null && said.exitCode !== 0)
    return [
      {
        rule: "exited",
        severity: said.exitCode === 137 || said.exitCode === 139 ? "critical" : "warning",
        title: t(
          `It ended with exit code ${said.exitCode}${said.reason ? ` (${said.reason})` : ""}.`,
          `已退出，退出码 ${said.exitCode}${said.reason ? `（${said.reason}）` : ""}。`,
        ),
        evidence: [by],
        cause: said.reason === "OOMKilled" ? "oom-kill" : "container-app-exits",
        side: "yours",
      },
    ];
  return [];
};
