// Check: /etc/resolv.conf cannot be read, names no server where names are needed, or more servers than the resolver uses.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const resolvConfBroken = defineCheck({
  id: "resolv-conf-broken",
  title: t("resolv.conf broken", "resolv.conf 异常"),
  area: "dns",
  severity: "warning",
  needs: ["dns"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 300_000,
  // glibc reads three servers (MAXNS), musl three as well; the kubelet warns and cuts the list (DNSConfigForming).
  thresholds: { serversUsed: 3 },
  suggestion: t(
    "A link to a file that is gone is the usual cause (systemd-resolved switched off). Pods inherit what stands here.",
    "常见原因是链接指向的文件已不存在（systemd-resolved 被关闭）。Pod 会继承此文件的内容。",
  ),
  repairs: [],
  aliases: ["DNSConfigForming"],
  evaluate: ({ facts: { dns }, all, thresholds }) => {
    const { servers, error } = dns.resolvConf;
    // An empty file on a node that asks for no names is somebody's choice.
    const needsNames =
      all.kubelet?.data?.present === true ||
      (all.endpoints?.data ?? []).some((endpoint) => endpoint.scope === "egress");
    const reason =
      error !== null
        ? ("Unreadable" as const)
        : servers.length === 0 && needsNames
          ? ("NoServer" as const)
          : servers.length > thresholds.serversUsed && all.kubelet?.data?.present === true
            ? ("TooManyServers" as const)
            : null;
    if (reason === null) return [];
    const message = {
      Unreadable: t(`/etc/resolv.conf cannot be read: ${error ?? ""}.`, `/etc/resolv.conf 无法读取：${error ?? ""}。`),
      NoServer: t("/etc/resolv.conf names no server.", "/etc/resolv.conf 没有配置任何 DNS 服务器。"),
      TooManyServers: t(
        `/etc/resolv.conf names ${servers.length} servers; only the first ${thresholds.serversUsed} are used.`,
        `/etc/resolv.conf 配置了 ${servers.length} 个服务器，只有前 ${thresholds.serversUsed} 个生效。`,
      ),
    }[reason];
    return [
      {
        subject: "resolv.conf",
        reason,
        severity: reason === "TooManyServers" ? ("info" as const) : ("warning" as const),
        message,
        evidence: [
          tableOf(
            t("Servers", "DNS 服务器"),
            "dns",
            ["server"],
            servers.map((server) => [server]),
          ),
        ],
        params: {},
      },
    ];
  },
});
