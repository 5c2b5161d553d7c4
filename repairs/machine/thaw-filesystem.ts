// Repair: thaw a file system that somebody froze and forgot. Its writers go on where they stood.
import { age, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";

/** Freezes by backup tools end by themselves before this, where the node says nothing else, ms: hooks and snapshots take up to ten minutes. */
const THAW_AFTER_MS = 900_000;

const frozenOf = (ctx: RepairContext) =>
  ctx.facts.mountHealth?.data?.writable.find((fs) => fs.mountPoint === ctx.finding.subject && fs.state === "frozen");

export const thawFilesystem = defineRepair({
  id: "thaw-filesystem",
  title: t("Thaw the file system", "解冻文件系统"),
  // A backup that still reads it gets a state that moves, and nobody notices.
  risk: "disruptive",
  verifies: ["filesystem-frozen"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const fs = frozenOf(ctx);
    const waited = fs?.since == null ? 0 : ctx.now - fs.since;
    const health = ctx.facts.mountHealth?.data;
    const afterMs = health?.thawAfterMs ?? THAW_AFTER_MS;
    const backup = health?.backup ?? null;
    return [
      factsFresh(ctx, ["mountHealth"]),
      stillThere(fs ? `${fs.mountPoint}: a change waits in ${fs.waitChannel ?? "the freeze lock"}` : null),
      {
        id: "no-snapshot",
        title: t("It is frozen for longer than a snapshot or backup takes", "冻结时间超过一次快照或备份所需"),
        ok: waited >= afterMs,
        detail: `for ${age(waited)}, on this node a freeze may take ${age(afterMs)}`,
      },
      {
        id: "no-backup",
        title: t("No snapshot or backup is known to be at work", "未发现正在进行的快照或备份"),
        ok: health != null && backup === null,
        detail: health == null ? "nobody has looked" : (backup ?? "none seen on this machine"),
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
