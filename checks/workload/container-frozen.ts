// Check: a container whose control group is frozen although its runtime says that it runs: it does nothing, and nobody will thaw it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, shortId, t } from "../text.ts";
import { containerOf, whoOf } from "./evidence.ts";

export const containerFrozen = defineCheck({
  id: "container-frozen",
  title: t("Container frozen", "容器被冻结"),
  area: "cgroup",
  severity: "critical",
  needs: ["workload", "containers"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // A runtime freezes for the moment in which it reads or ends all processes of a container.
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Find out who froze it: a pause, a checkpoint or a backup that is under way needs it so. Thaw it when nobody does.",
    "先查明是谁冻结的：正在进行的暂停、检查点或备份需要它保持冻结。确认无人需要后再解冻。",
  ),
  repairs: ["thaw-container"],
  evaluate: ({ facts, all, now }) =>
    facts.workload.containers
      .filter((seen) => seen.isFrozen === true && containerOf(all, seen.id)?.state === "running")
      .map((seen) => ({
        subject: seen.id,
        reason: seen.isFrozenItself === false ? "FrozenFromAbove" : "CgroupFrozen",
        message: t(
          `Container ${whoOf(all, seen.id)} is frozen${seen.isFrozenItself === false ? " by a control group above it" : ""}, but its runtime lists it as running${seen.frozenBy ? `: ${seen.frozenBy}` : ""}.`,
          `容器 ${whoOf(all, seen.id)} ${seen.isFrozenItself === false ? "因上级 cgroup 被冻结" : "已被冻结"}，但运行时仍显示其正在运行${seen.frozenBy ? `（${seen.frozenBy}）` : ""}。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "workload",
            ["container", "id", "pid", "frozen", "for", "state in the runtime"],
            [
              [
                whoOf(all, seen.id),
                shortId(seen.id),
                seen.process.pid,
                seen.isFrozenItself === false ? "from above" : "yes",
                seen.frozenSince == null ? "–" : age(now - seen.frozenSince),
                "running",
              ],
            ],
          ),
        ],
        params: { containerId: seen.id, process: seen.process },
      })),
});
