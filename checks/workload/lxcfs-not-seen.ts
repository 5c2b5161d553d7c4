// Check: a container that shall see its own limits through lxcfs has no file of lxcfs over its /proc/meminfo: it sees the whole node's memory.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { bytes, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const lxcfsNotSeen = defineCheck({
  id: "lxcfs-not-seen",
  title: t("Container sees the node's memory despite lxcfs", "容器未通过 lxcfs 看到自身限额"),
  area: "lxcfs",
  severity: "warning",
  needs: ["workload", "lxcfs"],
  dependsOn: ["lxcfs-dead"],
  raiseAfterMs: 30_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Bind the files of lxcfs into the container again, or make it anew; look why the hook or the admission rule left it out.",
    "重新为该容器绑定 lxcfs 文件，或重建容器；并检查钩子或准入规则为何遗漏了它。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    // Where lxcfs itself does not answer, that is the fault.
    if (facts.lxcfs.state !== "ok") return [];
    return facts.workload.containers
      .filter((seen) => seen.isLxcfsWanted === true && !seen.isLxcfsBound)
      .map((seen) => ({
        subject: seen.id,
        reason: "LxcfsNotBound",
        message: t(
          `Container ${whoOf(all, seen.id)} shall see its own limits, but sees the memory of the whole node.`,
          `容器 ${whoOf(all, seen.id)} 本应只看到自身限额，却看到了整个节点的内存。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "workload",
            ["container", "memory limit", "file of lxcfs over /proc/meminfo"],
            [[whoOf(all, seen.id), seen.memoryLimitBytes === null ? "–" : bytes(seen.memoryLimitBytes), "no"]],
          ),
        ],
        params: { containerId: seen.id },
      }));
  },
});
