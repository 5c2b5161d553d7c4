// Check: a certificate of this node runs out soon, or one that was named cannot be read.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const certificateExpiring = defineCheck({
  id: "certificate-expiring",
  title: t("Certificate expires soon", "证书即将过期"),
  area: "security",
  severity: "warning",
  needs: ["certificates"],
  raiseAfterMs: 0,
  clearAfterMs: 0,
  factTtlMs: 600_000,
  // Short-lived certificates are renewed late in their life: at least a tenth of it must be left.
  thresholds: { leftMs: 7 * 86_400_000, lifetimeRatio: 0.1 },
  suggestion: t(
    "See why it was not renewed: rotation off, a request that nobody approved, or a clock that is wrong.",
    "查明为何没有自动续期：未开启轮换、CSR 未批准，或时钟错误。",
  ),
  repairs: [],
  aliases: ["KubeletClientCertificateExpiration", "x509check_days_until_expiration"],
  evaluate: ({ facts: { certificates }, thresholds, now }) =>
    certificates.flatMap((certificate) => {
      const { path, subject, notBefore, notAfter, error } = certificate;
      const row = tableOf(
        t("Certificate", "证书"),
        "certificates",
        ["file", "subject", "until"],
        [[path, subject || "–", error ?? new Date(notAfter).toISOString()]],
      );
      if (error !== null)
        return [
          {
            subject: path,
            reason: "Unreadable",
            message: t(`The certificate ${path} cannot be read: ${error}.`, `证书 ${path} 无法读取：${error}。`),
            evidence: [row],
            params: { path },
          },
        ];
      const left = notAfter - now;
      const level = Math.min(thresholds.leftMs, (notAfter - notBefore) * thresholds.lifetimeRatio);
      if (left <= 0 || left >= level) return [];
      return [
        {
          subject: path,
          reason: "ExpiresSoon",
          message: t(`${path} is valid for only ${age(left)} more.`, `${path} 的有效期仅剩 ${ageZh(left)}。`),
          evidence: [row],
          params: { path },
        },
      ];
    }),
});
