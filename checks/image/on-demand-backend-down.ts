// Check: what on-demand images are read through is dead (its daemon, its source, or a device): containers get I/O errors or hang.
import { defineCheck, type Problem } from "../define.ts";
import { t } from "../text.ts";

export const onDemandBackendDown = defineCheck({
  id: "on-demand-backend-down",
  title: t("On-demand image backend down", "按需加载镜像后端不可用"),
  area: "image",
  severity: "critical",
  needs: ["distribution"],
  raiseAfterMs: 12_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: { failuresMin: 3, ioErrorsMin: 5 },
  suggestion: t(
    "Daemon gone: start it, devices come back with it. Source gone: mend it, or move the pods to nodes that have the whole image.",
    "守护进程退出：启动后设备会恢复。数据源不可用：修复数据源，或将 Pod 迁移到已有完整镜像的节点。",
  ),
  repairs: ["start-module"],
  evaluate: ({ facts: { distribution }, thresholds }) => {
    const onDemand = distribution.onDemand;
    if (onDemand === null) return [];
    const { devices, backends, module, isRunning } = onDemand;
    const table = {
      label: t("Devices", "设备"),
      source: "distribution" as const,
      kind: "table" as const,
      columns: ["device", "state", "I/O errors", "error"],
      rows: devices.slice(0, 20).map((d) => [d.name, d.state, d.ioErrors, d.error ?? "–"]),
    };
    if (isRunning === false && devices.length > 0) {
      const name = module ?? "overlaybd-tcmu";
      return [
        {
          subject: name,
          reason: "DaemonGone",
          message: t(
            `${name} does not run, ${devices.length} block devices of containers hang on it.`,
            `${name} 未运行，${devices.length} 个容器块设备依赖它。`,
          ),
          evidence: [table],
          params: { module },
        },
      ];
    }
    const failing = devices
      .filter((d) => d.error !== null || d.ioErrors >= thresholds.ioErrorsMin)
      .map(
        (d): Problem => ({
          subject: d.name,
          reason: "DeviceFails",
          message: t(
            `Block device ${d.name} of an on-demand image fails: ${d.error ?? `${d.ioErrors} I/O errors`}.`,
            `按需加载镜像的块设备 ${d.name} 出错：${d.error ?? `${d.ioErrors} 次 IO 错误`}。`,
          ),
          evidence: [table],
          params: { module: null },
        }),
      );
    // A source that is away matters only while something is still read from it.
    const isRead = devices.some((d) => d.state === "remote");
    const away = backends
      .filter((b) => isRead && b.ok === false && b.failures >= thresholds.failuresMin)
      .map(
        (b): Problem => ({
          subject: b.address,
          reason: "SourceUnreachable",
          message: t(
            `${b.address}, from which on-demand images are read, cannot be reached: ${b.error ?? "no answer"}.`,
            `按需加载镜像的数据源 ${b.address} 不可达：${b.error ?? "无应答"}。`,
          ),
          evidence: [table],
          params: { module: null },
          causeKey: `endpoint:${b.address}`,
        }),
      );
    return [...failing, ...away];
  },
});
