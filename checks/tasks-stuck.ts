// Check: tasks that hang in the kernel (state D) for minutes: a dead disk, a dead FUSE or network filesystem. No signal ends them.
import { defineCheck } from "./define.ts";
import { age, ageZh, shortId, t } from "./text.ts";

export const tasksStuck = defineCheck({
  id: "tasks-stuck",
  title: t("Tasks stuck in the kernel", "进程卡死在内核中"),
  area: "kernel",
  severity: "warning",
  needs: ["processes"],
  // A hung lxcfs blocks its readers: that is told by its own check.
  dependsOn: ["lxcfs-dead", "filesystem-frozen", "nfs-not-answering"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: { stuckMs: 120_000 },
  suggestion: t(
    "Look at what they wait for: the wait channel and the mounts name the disk or the server. Killing them does nothing.",
    "查看它们在等什么：等待通道和挂载信息会指出是哪块磁盘或哪台服务器。杀进程没有任何作用。",
  ),
  repairs: [],
  evaluate: ({ facts: { processes }, all, thresholds, now }) => {
    const isPaused = (id: string | null) =>
      id !== null &&
      (all.containers?.data?.some((c) => c.id === id && c.state === "paused") ||
        all.workload?.data?.containers.some((c) => c.id === id && c.isFrozen === true));
    // A frozen task is in state D too (cgroup v1): it waits for whoever froze it.
    const stuck = processes.uninterruptible.filter(
      (task) => now - task.since >= thresholds.stuckMs && !isPaused(task.containerId),
    );
    const [first] = stuck;
    if (!first) return [];
    const oldest = Math.max(...stuck.map((task) => now - task.since));
    return [
      {
        subject: "tasks",
        reason: "Uninterruptible",
        message: t(
          `${stuck.length} task(s) hang in the kernel for up to ${age(oldest)}, first ${first.name} (pid ${first.process.pid}) in ${first.waitChannel ?? "an unknown place"}.`,
          `${stuck.length} 个任务卡在内核中，最长 ${ageZh(oldest)}，例如 ${first.name}（pid ${first.process.pid}），等待于 ${first.waitChannel ?? "未知位置"}。`,
        ),
        evidence: [
          {
            label: t("Tasks in state D", "处于 D 状态的任务"),
            source: "processes",
            kind: "table",
            columns: ["pid", "name", "waits in", "for", "container"],
            rows: stuck
              .slice(0, 20)
              .map((task) => [
                task.process.pid,
                task.name,
                task.waitChannel ?? "–",
                age(now - task.since),
                task.containerId ? shortId(task.containerId) : "–",
              ]),
          },
        ],
        params: { pids: stuck.map((task) => task.process.pid) },
        causeKey: first.waitChannel ? `stuck:${first.waitChannel}` : undefined,
      },
    ];
  },
});
