// Check: an NVMe controller is not in its working state: it resets, reconnects or is dead.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const nvmeNotLive = defineCheck({
  id: "nvme-not-live",
  title: t("NVMe controller not working", "NVMe 控制器异常"),
  area: "storage",
  severity: "critical",
  needs: ["blockDevices"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Drain the node; a controller that is dead needs a power cycle or a new device. After two reboots with the same end: hardware inspection.",
    "排空节点；失效的控制器需要断电重启或更换。两次重启后仍如此，应做硬件检查。",
  ),
  repairs: [],
  aliases: ["NVMeDisabled", "NVMeControllerDown"],
  evaluate: ({ facts: { blockDevices } }) =>
    blockDevices.nvme
      .filter((controller) => controller.state !== "live" && controller.state !== "unknown")
      .map((controller) => ({
        subject: controller.name,
        reason: controller.state === "dead" ? "ControllerDead" : "ControllerNotLive",
        message: t(
          `The controller ${controller.name} is ${controller.state}; its disks do not answer.`,
          `控制器 ${controller.name} 状态为 ${controller.state}，其磁盘无法访问。`,
        ),
        evidence: [
          tableOf(
            t("Controllers", "控制器"),
            "blockDevices",
            ["controller", "state", "model"],
            [...blockDevices.nvme.map((c) => [c.name, c.state, c.model ?? "–"])],
          ),
        ],
        params: { controller: controller.name },
      })),
});
