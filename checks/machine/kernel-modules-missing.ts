// Check: a kernel module is missing that this node needs: named by its agent's configuration, or bridged pods whose services need br_netfilter.
import type { Facts } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

/** Plugins that put pods behind a Linux bridge, where packet filters see nothing without br_netfilter. */
const BRIDGED = new Set(["bridge", "flannel"]);

/** Modules that this node needs: named by its agent's configuration, and what bridged pods of a kubelet need. */
export function wantedModules(facts: Facts): string[] {
  const plugins = (facts.cni?.data?.files ?? []).flatMap((file) => file.plugins);
  const services = facts.kubelet?.data?.present === true && plugins.some((plugin) => BRIDGED.has(plugin));
  return [...new Set([...(facts.kernel?.data?.modulesWanted ?? []), ...(services ? ["br_netfilter"] : [])])];
}

export const kernelModulesMissing = defineCheck({
  id: "kernel-modules-missing",
  title: t("Kernel module missing", "缺少内核模块"),
  area: "kernel",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: {},
  suggestion: t(
    "Load the module and name it in /etc/modules-load.d; when modprobe does not find it, the kernel package of this node is incomplete.",
    "加载该模块并写入 /etc/modules-load.d；若 modprobe 找不到，说明该节点的内核软件包不完整。",
  ),
  repairs: ["load-kernel-modules"],
  aliases: ["KernelModulesMissing", "MissingKernelModule"],
  evaluate: ({ facts: { kernel }, all }) => {
    const wanted = wantedModules(all);
    return wanted
      .filter((name) => kernel.modules[name] === false)
      .map((name) => ({
        subject: name,
        reason: "ModuleMissing",
        message: t(
          `The kernel module ${name} is not there; ${name === "br_netfilter" ? "services do not reach pods on the same bridge" : "this node is meant to have it"}.`,
          `缺少内核模块 ${name}；${name === "br_netfilter" ? "同一网桥上的 Pod 无法通过 Service 访问" : "该节点配置要求加载它"}。`,
        ),
        evidence: [
          tableOf(
            t("Modules that this node needs", "节点所需模块"),
            "kernel",
            ["module", "there", "wanted by"],
            [
              ...wanted.map((module) => [
                module,
                kernel.modules[module] === false ? "no" : "yes",
                kernel.modulesWanted.includes(module) ? "agent configuration" : "bridged pods",
              ]),
            ],
          ),
        ],
        params: { module: name },
        causeKey: `kernel:${name}`,
      }));
  },
});
