// Check: a parent that does not reap: its dead children hold pids until the container's or the node's limit is reached.
import type { FactData } from "../protocol/facts.ts";
import { defineCheck, type Severity } from "./define.ts";
import { shortId, t } from "./text.ts";

type Parent = FactData["processes"]["zombieParents"][number];

/** Identity of a parent that outlives a look: its container, or pid and start time. */
export const zombieSubject = (parent: Parent): string =>
  parent.containerId ?? `pid ${parent.process.pid}/${parent.process.startTicks}`;

export const zombiePileup = defineCheck({
  id: "zombie-pileup",
  title: t("Zombie processes pile up", "僵尸进程堆积"),
  area: "process",
  severity: "warning",
  needs: ["processes"],
  // The agent itself tells only of zombies that it saw in two looks.
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { raiseCount: 20, clearCount: 5, criticalRatio: 0.2 },
  suggestion: t(
    "Ask the parent to reap; where it never does (a container whose first process is not an init), restart that container and give it an init process.",
    "先提醒父进程回收；若它从不回收（容器的 1 号进程不是 init），则重启该容器，并为其配置 init 进程。",
  ),
  repairs: ["nudge-zombie-parent", "restart-container"],
  evaluate: ({ facts: { processes }, thresholds, open }) => {
    const bySubject = new Map<string, Parent[]>();
    for (const parent of processes.zombieParents) {
      const subject = zombieSubject(parent);
      bySubject.set(subject, [...(bySubject.get(subject) ?? []), parent]);
    }
    const scarce = processes.pidMax > 0 && processes.zombieCount >= processes.pidMax * thresholds.criticalRatio;
    const severity: Severity = scarce ? "critical" : "warning";
    return [...bySubject].flatMap(([subject, parents]) => {
      const count = parents.reduce((sum, parent) => sum + parent.count, 0);
      const worst = parents[0];
      if (!worst || count < (open.has(subject) ? thresholds.clearCount : thresholds.raiseCount)) return [];
      const where = worst.containerId
        ? t(` in container ${shortId(worst.containerId)}`, `（容器 ${shortId(worst.containerId)}）`)
        : t("", "");
      return [
        {
          subject,
          reason: "ParentDoesNotReap",
          severity,
          message: t(
            `${worst.name} (pid ${worst.process.pid})${where.en} leaves ${count} dead children unreaped.`,
            `${worst.name}（pid ${worst.process.pid}）${where.zh}有 ${count} 个已结束的子进程未被回收。`,
          ),
          evidence: [
            {
              label: t("Zombies", "僵尸进程数"),
              source: "processes" as const,
              kind: "number" as const,
              value: count,
              unit: "count" as const,
              threshold: thresholds.raiseCount,
            },
            {
              label: t("Parents that do not reap", "未回收子进程的父进程"),
              source: "processes" as const,
              kind: "table" as const,
              columns: ["pid", "name", "zombies", "container", "examples"],
              rows: parents
                .slice(0, 10)
                .map((p) => [
                  p.process.pid,
                  p.name,
                  p.count,
                  p.containerId ? shortId(p.containerId) : "–",
                  p.sample.slice(0, 3).join(", "),
                ]),
            },
            {
              label: t("Pids on the node", "节点上的 pid"),
              source: "processes" as const,
              kind: "text" as const,
              value: `${processes.total} of ${processes.pidMax}, ${processes.zombieCount} of them zombies`,
            },
          ],
          params: { process: worst.process, containerId: worst.containerId, name: worst.name, count },
        },
      ];
    });
  },
});
