// Check: a container is shown a serial number in place of the machine's, but not the one that it should see: licences and inventories count it wrong.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const serialNumberWrong = defineCheck({
  id: "serial-number-wrong",
  title: t("Wrong serial number in a container", "容器内序列号错误"),
  area: "workload",
  severity: "warning",
  needs: ["workload"],
  raiseAfterMs: 30_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Run the hook that writes the number again; what reads it once at its start needs a restart.",
    "重新执行写入序列号的钩子；只在启动时读取的程序需要重启。",
  ),
  repairs: ["restart-unhealthy-container"],
  evaluate: ({ facts, all }) =>
    facts.workload.containers.flatMap(({ id, serialShown, serialWanted }) =>
      serialShown === null || serialWanted === null || serialShown === serialWanted
        ? []
        : [
            {
              subject: id,
              reason: serialShown === "" ? "SerialUnreadable" : "SerialDiffers",
              message: t(
                `Container ${whoOf(all, id)} is shown serial number "${serialShown}" instead of "${serialWanted}".`,
                `容器 ${whoOf(all, id)} 看到的序列号是“${serialShown}”，应为“${serialWanted}”。`,
              ),
              evidence: [
                tableOf(
                  t("Serial number", "序列号"),
                  "workload",
                  ["container", "shown", "wanted"],
                  [[whoOf(all, id), serialShown, serialWanted]],
                ),
              ],
              params: { containerId: id },
            },
          ],
    ),
});
