// Repair: thaw a file system that somebody froze and forgot. Its writers go on where they stood.
import { age, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";

/** A snapshot freezes for seconds and thaws by itself, ms. */
const SNAPSHOT_MS = 15_000;

const frozenOf = (ctx: RepairContext) =>
  ctx.facts.mountHealth?.data?.writable.find((fs) => fs.mountPoint === ctx.finding.subject && fs.state === "frozen");

export const thawFilesystem = defineRepair({
  id: "thaw-filesystem",
  title: t("Thaw the file system", "解冻文件系统"),
  risk: "safe",
  verifies: ["filesystem-frozen"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const fs = frozenOf(ctx);
    const waited = fs?.since == null ? 0 : ctx.now - fs.since;
    return [
      factsFresh(ctx, ["mountHealth"]),
      stillThere(fs ? `${fs.mountPoint}: a change waits in ${fs.waitChannel ?? "the freeze lock"}` : null),
      {
        id: "no-short-snapshot",
        title: t("It is frozen for longer than a snapshot takes", "冻结时间超过一次快照所需"),
        ok: waited >= SNAPSHOT_MS,
        detail: `for ${age(waited)}, a snapshot takes less than ${age(SNAPSHOT_MS)}`,
      },
    ];
  },
  plan: (ctx) => {
    const fs = frozenOf(ctx);
    if (!fs) return { nothing: t("The file system takes changes.", "文件系统已可写入。") };
    return {
      // Nothing that would write to the frozen file system: the kernel's own view is enough.
      evidence: { sections: ["kmsg", "mounts", "processes", "pressure"], path: fs.mountPoint },
      steps: [
        {
          title: t(`Thaw ${fs.mountPoint}`, `解冻 ${fs.mountPoint}`),
          action: { type: "filesystem.thaw", params: { mountPoint: fs.mountPoint } },
        },
      ],
      touches: t(
        `Thaws ${fs.mountPoint}; waiting writers go on. A backup that still reads it gets a state that moves.`,
        `解冻 ${fs.mountPoint}，等待中的写入继续。仍在读取的备份将得到变化中的状态。`,
      ),
    };
  },
});
