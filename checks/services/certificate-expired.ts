// Check: a certificate of this node has run out: whoever checks it refuses the connection.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const certificateExpired = defineCheck({
  id: "certificate-expired",
  title: t("Certificate expired", "证书已过期"),
  area: "security",
  severity: "critical",
  needs: ["certificates"],
  raiseAfterMs: 0,
  clearAfterMs: 0,
  factTtlMs: 600_000,
  thresholds: {},
  suggestion: t(
    "Renew it and restart who uses it; first see whether the node's clock is right.",
    "续期并重启使用它的服务；先确认节点时钟是否正确。",
  ),
  repairs: [],
  aliases: ["KubeletCertificateExpired"],
  evaluate: ({ facts: { certificates }, now }) =>
    certificates
      .filter((certificate) => certificate.error === null && certificate.notAfter <= now)
      .map(({ path, subject, notAfter }) => ({
        subject: path,
        reason: "Expired",
        message: t(`${path} ran out ${age(now - notAfter)} ago.`, `${path} 已过期 ${ageZh(now - notAfter)}。`),
        evidence: [
          tableOf(
            t("Certificate", "证书"),
            "certificates",
            ["file", "subject", "until"],
            [[path, subject, new Date(notAfter).toISOString()]],
          ),
        ],
        params: { path },
      })),
});
