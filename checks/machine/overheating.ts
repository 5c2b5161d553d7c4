// Check: a part of the machine is near the temperature at which it protects itself: it slows down, then switches off.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const overheating = defineCheck({
  id: "overheating",
  title: t("Overheating", "温度过高"),
  area: "hardware",
  severity: "warning",
  needs: ["hardware"],
  // Sensors are read each minute: it must stand for two looks.
  raiseAfterMs: 45_000,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  // Processors may run a few degrees below their critical value for hours, it is where they begin to slow down: critical only at the value itself.
  // Boards with sensors that are not connected show alarms at any temperature.
  thresholds: { raiseRatio: 0.95, clearRatio: 0.9, criticalRatio: 1, alarmFromC: 70 },
  suggestion: t(
    "Ask the data centre to look at fans and air; lower the load until then. Several nodes of one rack mean its cooling.",
    "请机房检查风扇和风道，在此之前降低负载。同一机架多台节点同时出现，说明是机架散热问题。",
  ),
  repairs: [],
  aliases: ["NodeHardwareOverTemperature", "HostPhysicalComponentTooHot", "sensors_temperature"],
  evaluate: ({ facts: { hardware }, thresholds, open }) =>
    hardware.sensors.flatMap((sensor) => {
      const subject = `${sensor.chip} ${sensor.label}`;
      const level = open.has(subject) ? thresholds.clearRatio : thresholds.raiseRatio;
      const isOver = (ratio: number) => sensor.criticalC !== null && sensor.celsius >= sensor.criticalC * ratio;
      const isWarm = sensor.celsius >= thresholds.alarmFromC;
      if (!isOver(level) && !(sensor.alarm && isWarm)) return [];
      const isCritical = isOver(thresholds.criticalRatio) || (sensor.criticalAlarm && isWarm);
      return [
        {
          subject,
          reason: isCritical ? "TooHot" : "NearCritical",
          severity: isCritical ? ("critical" as const) : ("warning" as const),
          message: t(
            `${subject} is at ${sensor.celsius} °C${sensor.criticalC === null ? "" : `, critical from ${sensor.criticalC} °C`}.`,
            `${subject} 当前温度 ${sensor.celsius} °C${sensor.criticalC === null ? "" : `，临界温度 ${sensor.criticalC} °C`}。`,
          ),
          evidence: [
            tableOf(
              t("Sensor", "传感器"),
              "hardware",
              ["chip", "sensor", "°C", "critical °C", "alarm"],
              [[sensor.chip, sensor.label, sensor.celsius, sensor.criticalC ?? "–", sensor.alarm ? "yes" : "no"]],
            ),
          ],
          params: {},
        },
      ];
    }),
});
