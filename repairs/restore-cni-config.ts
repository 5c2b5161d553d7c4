// Repair: put the agent's last good copy of a CNI file back. The broken file is kept beside it by the agent; a file changed since the plan is left alone.
import { t } from "../checks/text.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, stillThere } from "./guards.ts";

type Target = { file: string; currentSha256: string | null; goodSha256: string | null; state: string };

function targetOf(ctx: RepairContext): Target | undefined {
  const cni = ctx.facts.cni?.data;
  const file = cni?.files.find((f) => f.name === ctx.finding.subject);
  if (file) {
    const ill = !file.valid || file.missingPlugins.length > 0;
    if (!ill) return undefined;
    const state = file.valid ? `plugins missing: ${file.missingPlugins.join(", ")}` : (file.error ?? "not valid");
    return { file: file.name, currentSha256: file.sha256, goodSha256: file.lastGood?.sha256 ?? null, state };
  }
  const gone = cni?.missingFiles.find((f) => f.name === ctx.finding.subject);
  return gone && { file: gone.name, currentSha256: null, goodSha256: gone.sha256, state: "the file is gone" };
}

export const restoreCniConfig = defineRepair({
  id: "restore-cni-config",
  title: t("Restore the last good network configuration", "恢复最近可用的网络配置"),
  risk: "safe",
  verifies: ["cni-broken"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const target = targetOf(ctx);
    const helps = target !== undefined && target.goodSha256 !== null && target.goodSha256 !== target.currentSha256;
    return [
      factsFresh(ctx, ["cni"]),
      stillThere(target ? `${target.file}: ${target.state}` : null),
      {
        id: "good-copy",
        title: t("A good copy is kept that differs from what is there", "保存有可用副本，且与现有内容不同"),
        ok: helps,
        detail: target
          ? `now ${target.currentSha256?.slice(0, 12) ?? "no file"}, last good ${target.goodSha256?.slice(0, 12) ?? "none kept"}`
          : "no such file",
      },
    ];
  },
  plan: (ctx) => {
    const target = targetOf(ctx);
    if (!target?.goodSha256 || target.goodSha256 === target.currentSha256) {
      return { nothing: t("There is no better copy of a broken file to put back.", "没有更好的副本可供恢复。") };
    }
    return {
      evidence: { sections: ["cni", "network", "containers"] },
      steps: [
        {
          title: t(`Put back ${target.file} as it last worked`, `将 ${target.file} 恢复为最近可用的内容`),
          action: {
            type: "cni.restore",
            params: { file: target.file, currentSha256: target.currentSha256, goodSha256: target.goodSha256 },
          },
        },
      ],
      touches: t(
        `Replaces one file, ${target.file}; running pods keep their network.`,
        `仅替换文件 ${target.file}；运行中的 Pod 网络不受影响。`,
      ),
    };
  },
});
