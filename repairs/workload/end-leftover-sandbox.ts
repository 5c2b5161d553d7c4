// Repair: end the processes of a sandbox that no runtime lists: TERM, grace, KILL.
import { bytes, shortId, t } from "../../checks/text.ts";
import { leftoverProcesses } from "../../checks/workload/sandbox-process-leftover.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, notListed, runtimesAnswer, stillThere } from "../guards.ts";

const leftOf = (ctx: RepairContext) => leftoverProcesses(ctx.facts, ctx.now).get(ctx.finding.subject) ?? [];

export const endLeftoverSandbox = defineRepair({
  id: "end-leftover-sandbox",
  title: t("End the leftover sandbox", "结束残留的沙箱"),
  risk: "destructive",
  verifies: ["sandbox-process-leftover"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const id = ctx.finding.subject;
    const left = leftOf(ctx);
    const shims = ctx.facts.processes?.data?.shims ?? [];
    const shim = shims.find((s) => s.containerId === id || left.some((p) => p.process.pid === s.process.pid));
    return [
      factsFresh(ctx, ["sandboxes", "containers", "pods", "processes", "runtimes"]),
      stillThere(left.length > 0 ? `${left.length} processes: ${left.map((p) => p.process.pid).join(", ")}` : null),
      runtimesAnswer(ctx),
      notListed(ctx, id),
      {
        id: "named-by-a-runtime",
        title: t("Its name was given by a runtime, not by people", "其名称由运行时生成，而非人为命名"),
        ok: /^[0-9a-f]{64}$/.test(id),
        detail: /^[0-9a-f]{64}$/.test(id)
          ? shortId(id)
          : `${id} is a name that somebody chose: ask before it is ended by hand`,
      },
      {
        id: "no-shim",
        title: t("No shim stands for it", "没有 shim 代表它"),
        ok: ctx.facts.processes?.data != null && !shim,
        detail: shim ? `shim ${shim.process.pid} stands for it` : `none of ${shims.length} shims`,
      },
    ];
  },
  plan: (ctx) => {
    const left = leftOf(ctx);
    const [first] = left;
    if (!first) return { nothing: t("Its processes have ended.", "其进程已全部结束。") };
    const held = left.reduce((sum, p) => sum + p.rssBytes, 0);
    return {
      evidence: {
        sections: ["processes", "open-files", "mounts", "kmsg"],
        containerId: first.containerId,
        process: first.process,
      },
      steps: [
        {
          title: t(
            `End ${left.length} process(es), TERM first, KILL after 5 s`,
            `结束 ${left.length} 个进程：先 TERM，5 秒后 KILL`,
          ),
          action: {
            type: "sandbox.end",
            params: {
              kind: first.kind,
              containerId: first.containerId,
              processes: left.map((p) => p.process),
              graceMs: 5_000,
            },
          },
        },
      ],
      touches: t(
        `Ends pids ${left.map((p) => p.process.pid).join(", ")} of sandbox ${shortId(first.containerId)} (${bytes(held)}) and what runs inside; files stay.`,
        `结束沙箱 ${shortId(first.containerId)} 的进程 ${left.map((p) => p.process.pid).join("、")}（${bytes(held)}）及其内部程序；文件保留。`,
      ),
    };
  },
});
