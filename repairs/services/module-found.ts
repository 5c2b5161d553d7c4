// The module that a finding is about, and guards that repairs of modules share.
import { age, t } from "../../checks/text.ts";
import type { Guard, RepairContext } from "../define.ts";
import type { Module } from "../guards.ts";
import { textParam } from "../params.ts";

/** By params.module, else by the finding's subject. */
export function moduleFound(ctx: RepairContext): Module | undefined {
  const name = textParam(ctx, "module") ?? ctx.finding.subject;
  return ctx.facts.modules?.data?.find((module) => module.name === name);
}

/** Runtimes have repairs of their own, which look after their containers. */
export const noRuntime = (module: Module | undefined): Guard => ({
  id: "no-runtime",
  title: t("It is no container runtime", "不是容器运行时"),
  ok: module !== undefined && module.kind !== "runtime",
  detail: module ? `${module.name} is of kind ${module.kind}` : "the agent knows no such module",
});

/** A module that has just been started may still be silent, ms. */
const STARTING_MS = 120_000;

/** It had time to start. */
export function notJustStarted(ctx: RepairContext, module: Module | undefined): Guard {
  const runs = module?.startedAt == null ? null : ctx.now - module.startedAt;
  return {
    id: "not-just-started",
    title: t("It has run long enough to have started", "已运行足够时间，不是刚启动"),
    ok: runs !== null && runs >= STARTING_MS,
    detail: runs === null ? "its start is not known" : `started ${age(runs)} ago`,
  };
}
