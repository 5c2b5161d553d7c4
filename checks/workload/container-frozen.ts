// Check: a container whose control group is frozen although its runtime says that it runs: it does nothing, and nobody will thaw it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { shortId, t } from "../text.ts";
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
    "Thaw it: the runtime does not know that it is frozen. Then look for who froze it (a pause or checkpoint that broke off, a backup tool).",
    "将其解冻：运行时并不知道它被冻结。随后查找是谁冻结的（中断的 pause 或 checkpoint、备份工具）。",
  ),
  repairs: ["thaw-container"],
  evaluate: ({ facts, all }) =>
    facts.workload.containers
      .filter((seen) => seen.isFrozen === true && containerOf(all, seen.id)?.state === "running")
      .map((seen) => ({
        subject: seen.id,
        reason: "CgroupFrozen",
        message: t(
          `Container ${whoOf(all, seen.id)} is frozen, but its runtime lists it as running.`,
          `容器 ${whoOf(all, seen.id)} 已被冻结，但运行时仍显示其正在运行。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "workload",
            ["container", "id", "pid", "frozen", "state in the runtime"],
            [[whoOf(all, seen.id), shortId(seen.id), seen.process.pid, "yes", "running"]],
          ),
        ],
        params: { containerId: seen.id, process: seen.process },
      })),
});
