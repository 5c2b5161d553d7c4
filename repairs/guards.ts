// Conditions that many repairs share. Each returns a guard with its proof: what was looked at and what was seen.
import { listedIds, moduleOf } from "../checks/runtime-state.ts";
import { age, shortId, t } from "../checks/text.ts";
import type { FactData, FactKind } from "../protocol/facts.ts";
import type { ProcessRef } from "../protocol/facts-base.ts";
import type { Guard, RepairContext } from "./define.ts";
import { processParam, sameProcess, textParam } from "./params.ts";

/** Nothing is touched on knowledge that is older than this, ms. */
export const GUARD_FACTS_MAX_AGE_MS = 60_000;

export type Runtime = FactData["runtimes"][number];
export type Module = FactData["modules"][number];

/** All the facts a repair decides on are there, readable and young. */
export function factsFresh(ctx: RepairContext, kinds: readonly FactKind[]): Guard {
  const title = t("What we know of the node is fresh", "节点数据足够新");
  for (const kind of kinds) {
    const fact = ctx.facts[kind];
    if (!fact) return { id: "facts-fresh", title, ok: false, detail: `no ${kind} fact` };
    if (fact.data === null)
      return {
        id: "facts-fresh",
        title,
        ok: false,
        detail: `${kind} could not be read: ${fact.error ?? "no reason given"}`,
      };
    const old = ctx.now - fact.at;
    if (old > GUARD_FACTS_MAX_AGE_MS)
      return { id: "facts-fresh", title, ok: false, detail: `${kind} is ${age(old)} old, at most 60 s are allowed` };
  }
  const oldest = Math.max(0, ...kinds.map((kind) => ctx.now - (ctx.facts[kind]?.at ?? 0)));
  return { id: "facts-fresh", title, ok: true, detail: `${kinds.join(", ")}: oldest ${age(oldest)}` };
}

/** The finding's subject is still in the facts. `found` is a line that describes it, null when it is gone. */
export function stillThere(found: string | null): Guard {
  return {
    id: "still-there",
    title: t("The problem still stands", "问题仍然存在"),
    ok: found !== null,
    detail: found ?? "the finding's subject is no longer in the node's facts",
  };
}

/** The runtime that the finding names: by its subject, else by params.runtime. */
export function runtimeOf(ctx: RepairContext): Runtime | undefined {
  const wanted = textParam(ctx, "runtime") ?? ctx.finding.subject;
  return ctx.facts.runtimes?.data?.find((runtime) => runtime.id === wanted);
}

/** The module that runs it. */
export const moduleOfRuntime = (ctx: RepairContext, runtime: Runtime | undefined): Module | undefined =>
  runtime && moduleOf(runtime, ctx.facts);

/** The runtime answers, so what it lists can be trusted. */
export function runtimesAnswer(ctx: RepairContext): Guard {
  const runtimes = ctx.facts.runtimes?.data ?? [];
  const silent = runtimes.find((runtime) => !runtime.probe.ok);
  return {
    id: "runtime-answers",
    title: t("The runtime answers, its lists can be trusted", "运行时应答正常，其列表可信"),
    ok: runtimes.length > 0 && !silent,
    detail: silent
      ? `${silent.id}: ${silent.probe.code ?? "no answer"}`
      : runtimes.map((r) => `${r.id}: answered in ${Math.round(r.probe.latencyMs)} ms`).join(", ") ||
        "no runtime is known",
  };
}

/** The node's own policy lets the agent start the module. */
export function moduleRestartable(module: Module | undefined): Guard {
  return {
    id: "module-restartable",
    title: t("The node's policy allows starting the module", "节点策略允许启动该模块"),
    ok: module?.restartable === true,
    detail: module
      ? `${module.name}: restartable ${module.restartable}, manager ${module.manager}`
      : "the agent knows no module that runs it",
  };
}

/** It ended by itself: what somebody stopped for his work is not started under his hands. Other managers than systemd do not tell. */
export function endedByItself(module: Module | undefined): Guard {
  const isSystemd = module?.manager === "systemd";
  return {
    id: "ended-by-itself",
    title: t("Nobody stopped it on purpose", "不是有人主动停止的"),
    ok: !isSystemd || module.ended === "failed",
    detail: !isSystemd
      ? `manager ${module?.manager ?? "unknown"} does not tell how it ended`
      : module.ended === null
        ? "systemd has not said how it ended"
        : `systemd says that it ${module.ended === "failed" ? "failed" : "ended cleanly, as after systemctl stop"}`,
  };
}

/** Every shim can answer: a runtime that starts gives up on one that is stopped, and ends its containers. */
export function shimsAnswer(ctx: RepairContext): Guard {
  const shims = ctx.facts.processes?.data?.shims ?? [];
  const stopped = shims.filter((shim) => shim.state === "T" || shim.state === "t");
  return {
    id: "shims-answer",
    title: t(
      "No shim is stopped, the runtime can take all containers over",
      "没有被暂停的 shim，运行时可以接管全部容器",
    ),
    ok: stopped.length === 0,
    detail:
      stopped.length > 0
        ? `stopped: ${stopped.map((shim) => `shim ${shim.process.pid} of ${shortId(shim.containerId)}`).join(", ")}; let it go on first (kill -CONT), or the runtime ends its containers`
        : `none of ${shims.length} shims`,
  };
}

/** The process now is the one that the finding saw. */
export function sameProcessAsFound(ctx: RepairContext, now: ProcessRef | null | undefined): Guard {
  const found = processParam(ctx);
  const show = (p: ProcessRef | null | undefined) =>
    p ? `pid ${p.pid} started at tick ${p.startTicks}` : "no process";
  return {
    id: "same-process",
    title: t("It is still the process that was found", "仍是当初发现的那个进程"),
    ok: sameProcess(found, now),
    detail: sameProcess(found, now) ? show(now) : `found ${show(found)}, now ${show(now)}`,
  };
}

/** No runtime lists a container or pod of this id. */
export function notListed(ctx: RepairContext, containerId: string): Guard {
  const containers = ctx.facts.containers?.data;
  const pods = ctx.facts.pods?.data;
  const listed = containers && pods ? listedIds(containers, pods).has(containerId) : null;
  return {
    id: "not-listed",
    title: t("No runtime lists a container or pod of this id", "没有运行时列出该 id 的容器或 Pod"),
    ok: listed === false,
    detail:
      listed === null
        ? "the lists could not be read"
        : `${containers?.length ?? 0} containers, ${pods?.length ?? 0} pods: ${listed ? "listed" : "not among them"}`,
  };
}
