// Repair: load a kernel module that this node needs.
import { wantedModules } from "../../checks/machine/kernel-modules-missing.ts";
import { t } from "../../checks/text.ts";
import { commandParams } from "../../protocol/commands.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";

/** The module of the finding, when it is one that a command may load. */
const loadable = (ctx: RepairContext) =>
  commandParams["kernel.load-module"].safeParse({ name: ctx.finding.subject }).data?.name;

const isMissing = ({ facts, finding }: RepairContext): boolean =>
  facts.kernel?.data?.modules[finding.subject] === false && wantedModules(facts).includes(finding.subject);

export const loadKernelModules = defineRepair({
  id: "load-kernel-modules",
  title: t("Load the kernel module", "加载内核模块"),
  risk: "disruptive",
  verifies: ["kernel-modules-missing"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => [
    factsFresh(ctx, ["kernel"]),
    stillThere(isMissing(ctx) ? `${ctx.finding.subject} is not loaded` : null),
    {
      id: "may-be-loaded",
      title: t("It is among the modules that container nodes need", "属于容器节点所需的模块"),
      ok: loadable(ctx) !== undefined,
      detail: loadable(ctx) ?? `${ctx.finding.subject} is not on the list of modules that may be loaded from here`,
    },
  ],
  plan: (ctx) => {
    const name = loadable(ctx);
    if (!name || !isMissing(ctx))
      return { nothing: t("The module is there, or not ours to load.", "模块已存在，或不允许由此加载。") };
    return {
      evidence: { sections: ["kmsg"] },
      steps: [
        {
          title: t(`Load ${name}`, `加载 ${name}`),
          action: { type: "kernel.load-module", params: { name } },
        },
      ],
      touches: t(
        `Loads ${name} until the next boot; nothing that runs is touched.`,
        `加载 ${name}，重启后失效；不影响任何运行中的程序。`,
      ),
    };
  },
});
