// Check: a runtime keeps many containers that have exited: its lists become slow, its disk fills, names stay taken.
import { defineCheck } from "../define.ts";
import { numberOf, tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, t } from "../text.ts";

export const deadContainersMany = defineCheck({
  id: "dead-containers-many",
  title: t("Many dead containers", "已退出的容器过多"),
  area: "container",
  severity: "warning",
  needs: ["containers", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { raiseCount: 100, raiseIfManyTimes: 50, manyTimes: 5, clearCount: 50 },
  suggestion: t(
    "Remove the oldest of them; find who creates containers without removing them (docker run without --rm, a crash loop, a garbage collector that is off).",
    "移除其中最早的；并查明是谁只创建不清理（docker run 未加 --rm、反复崩溃、垃圾回收被关闭）。",
  ),
  repairs: ["prune-runtime"],
  evaluate: ({ facts, thresholds, now, open }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists may be old` };
    return facts.runtimes.flatMap(({ id }) => {
      const own = facts.containers.filter((c) => c.runtime === id);
      const dead = own.filter((c) => c.state === "exited");
      const alive = own.filter((c) => c.state === "running").length;
      const isMany =
        dead.length >= thresholds.raiseCount ||
        (dead.length >= thresholds.raiseIfManyTimes && dead.length > alive * thresholds.manyTimes);
      if (!isMany && !(open.has(id) && dead.length >= thresholds.clearCount)) return [];
      const byName = new Map<string, { count: number; lastAt: number; code: number | null }>();
      for (const c of dead) {
        const key = `${c.podName ? `${c.podName}/` : ""}${c.name}`;
        const at = c.finishedAt ?? c.createdAt;
        const known = byName.get(key);
        byName.set(key, { count: (known?.count ?? 0) + 1, lastAt: Math.max(at, known?.lastAt ?? 0), code: c.exitCode });
      }
      const rows = [...byName].sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1));
      return [
        {
          subject: id,
          reason: "DeadContainers",
          message: t(
            `${id} keeps ${dead.length} containers that have exited; ${alive} run.`,
            `${id} 保留着 ${dead.length} 个已退出的容器，运行中的有 ${alive} 个。`,
          ),
          evidence: [
            numberOf(t("Exited containers", "已退出的容器"), "containers", dead.length, "count", thresholds.raiseCount),
            tableOf(
              t("By name", "按名称统计"),
              "containers",
              ["container", "exited", "last ended", "exit code"],
              rows.map(([name, { count, lastAt, code }]) => [name, count, age(now - lastAt), code ?? "–"]),
            ),
          ],
          params: { runtime: id, count: dead.length },
        },
      ];
    });
  },
});
