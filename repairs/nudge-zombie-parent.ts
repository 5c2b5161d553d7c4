// Repair: remind a parent of its dead children with SIGCHLD. Harmless; helps parents that missed a signal, not those that never wait.
import { t } from "../checks/text.ts";
import { zombieSubject } from "../checks/zombie-pileup.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, sameProcessAsFound, stillThere } from "./guards.ts";

/** Programs that never call wait for children they did not start: a signal changes nothing. */
const NEVER_REAPS = new Set(["sleep", "tail", "cat", "yes", "true", "dd"]);

const parentOf = (ctx: RepairContext) =>
  ctx.facts.processes?.data?.zombieParents.find((parent) => zombieSubject(parent) === ctx.finding.subject);

export const nudgeZombieParent = defineRepair({
  id: "nudge-zombie-parent",
  title: t("Remind the parent to reap", "提醒父进程回收"),
  risk: "safe",
  verifies: ["zombie-pileup"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const parent = parentOf(ctx);
    return [
      factsFresh(ctx, ["processes"]),
      stillThere(parent ? `${parent.name} pid ${parent.process.pid}: ${parent.count} zombies` : null),
      sameProcessAsFound(ctx, parent?.process),
      {
        id: "may-reap",
        title: t("The parent is a program that reaps when reminded", "父进程收到提醒后会回收"),
        ok: parent !== undefined && !NEVER_REAPS.has(parent.name),
        detail: parent
          ? `${parent.name}${NEVER_REAPS.has(parent.name) ? " never waits for children: restart the container" : ""}`
          : "no such parent",
      },
    ];
  },
  plan: (ctx) => {
    const parent = parentOf(ctx);
    if (!parent) return { nothing: t("The zombies are gone.", "僵尸进程已消失。") };
    return {
      evidence: { sections: ["processes", "process-stack"], process: parent.process },
      steps: [
        {
          title: t(
            `Send SIGCHLD to ${parent.name} (pid ${parent.process.pid})`,
            `向 ${parent.name}（pid ${parent.process.pid}）发送 SIGCHLD`,
          ),
          action: { type: "process.nudge", params: { process: parent.process } },
        },
      ],
      touches: t(
        `Sends one harmless signal to pid ${parent.process.pid}; ends nothing.`,
        `仅向 pid ${parent.process.pid} 发送一个无害信号；不结束任何进程。`,
      ),
    };
  },
});
