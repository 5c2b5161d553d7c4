// Check: a pod's hostPort redirects a port on which a program of the node listens: nobody reaches that program any more.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const hostPortHidesPort = defineCheck({
  id: "host-port-hides-port",
  title: t("Pod takes a port of the node", "Pod 占用了节点端口"),
  area: "network",
  severity: "warning",
  needs: ["firewall"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: {},
  aliases: ["HostPortConflict"],
  suggestion: t(
    "Ask the pod's owner to take another hostPort; a kubelet or exporter behind the port is cut off until then.",
    "请 Pod 负责人更换 hostPort；在此之前，该端口上的 kubelet 或采集程序无法被访问。",
  ),
  repairs: [],
  evaluate: ({ facts: { firewall } }) =>
    firewall.hiddenPorts.map(({ port, protocol, program, to }) => ({
      subject: `${protocol}/${port}`,
      reason: "PortHidden",
      message: t(
        `Port ${port}/${protocol} goes to the pod at ${to}, although ${program} of the node listens there.`,
        `端口 ${port}/${protocol} 被转发到 Pod ${to}，而节点上的 ${program} 正在监听该端口。`,
      ),
      evidence: [
        {
          label: t("Redirect", "端口转发"),
          source: "firewall",
          kind: "table",
          columns: ["port", "listens", "goes to"],
          rows: [[`${port}/${protocol}`, program, to]],
        },
      ],
      params: { port, protocol },
    })),
});
