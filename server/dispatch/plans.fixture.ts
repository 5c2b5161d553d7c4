// For tests: one plan of each risk, of repairs that are in the catalogue.
import type { CommandAction } from "../../protocol/commands.ts";
import type { Plan, Risk } from "../../repairs/define.ts";

const title = { en: "step", zh: "步骤" };
const steps = (...actions: CommandAction[]) => actions.map((action) => ({ title, action }));
const process = { pid: 4_321, startTicks: 99 };

export const plans = {
  safe: {
    repairId: "start-runtime",
    plan: {
      evidence: { sections: ["kmsg"] },
      steps: steps({ type: "module.restart", params: { module: "containerd", mode: "start", process: null } }),
      touches: title,
    },
  },
  disruptive: {
    repairId: "relieve-conntrack",
    plan: {
      evidence: { sections: ["conntrack"] },
      steps: steps(
        { type: "conntrack.flush", params: { which: ["unreplied", "closed"] } },
        {
          type: "sysctl.set",
          params: { key: "net.netfilter.nf_conntrack_udp_timeout", expected: "30", value: "10" },
        },
      ),
      touches: title,
    },
  },
  destructive: {
    repairId: "end-lost-container",
    plan: {
      evidence: { sections: ["processes"], process },
      steps: steps({
        type: "container.end-lost",
        params: { containerId: "c0ffee", cgroupPath: "/kubepods/c0ffee", processes: [process] },
      }),
      touches: title,
    },
  },
} satisfies Record<Risk, { repairId: string; plan: Plan }>;
