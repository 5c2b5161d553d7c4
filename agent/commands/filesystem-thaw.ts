// Command filesystem.thaw: thaws a file system that was frozen for so long that nobody will (ioctl FITHAW). One that is not frozen says so itself and
// stays as it is; one that a snapshot or a backup may still need stays frozen.
import { Failure, Refusal } from "../host/errors.ts";
import { backupAtWork } from "../host/freezers.ts";
import { readMounts } from "../host/mountinfo.ts";
import { hasPerl, perl } from "../host/perl.ts";
import { type RunResult, run } from "../host/run.ts";
import { probeWrite, type WriteAnswer } from "../host/write-probe.ts";
import { defineCommand } from "./define.ts";
import { mayTouch } from "./prove-container.ts";

/** File systems on disks that can be frozen. */
const FREEZABLE = /^(ext[234]|xfs|btrfs|f2fs|jfs|nilfs2|gfs2|reiserfs)$/;

/** Where fsfreeze(8) is missing: FITHAW is _IOWR('X', 120, int). Opening a folder never waits for a thaw. */
const script = String.raw`
use strict; use warnings; use Fcntl;
sysopen(my $d, $ARGV[0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW) or die "$!\n";
ioctl($d, 0xC0045878, 0) or die "$!\n";`;

async function thaw(mountPoint: string): Promise<RunResult> {
  const result = await run(["fsfreeze", "--unfreeze", mountPoint], { timeoutMs: 10_000 });
  if (result.code !== null || result.timedOut) return result;
  if (!(await hasPerl())) throw new Refusal("no-tool", "neither fsfreeze nor perl is on this node");
  return perl(script, [mountPoint], { timeoutMs: 10_000 });
}

/**
 * Why a file system must stay as it is, or null.
 * @param holder who is at work with it, as far as anybody can see
 * @param afterMs how long it must have been frozen
 */
export function reasonToWait(
  { state, since }: Pick<WriteAnswer, "state" | "since">,
  holder: string | null,
  now: number,
  afterMs: number,
): [string, string] | null {
  if (state === "ok") return ["not-frozen", "it is not frozen"];
  const waited = since === null ? 0 : now - since;
  if (waited < afterMs)
    return [
      "is-new",
      `it has been seen frozen for ${Math.floor(waited / 1_000)} s: a snapshot or backup may need it, for up to ${Math.round(afterMs / 1_000)} s`,
    ];
  return holder === null ? null : ["at-work", `${holder}: a thaw would spoil it`];
}

export const filesystemThaw = defineCommand({
  type: "filesystem.thaw",
  affects: ["mountHealth", "filesystems", "processes", "runtimes", "modules"],
  timeoutMs: 40_000,
  async run({ mountPoint }, ctx) {
    const mount = readMounts().findLast((m) => m.mountPoint === mountPoint);
    if (!mount) throw new Refusal("target-gone", `nothing is mounted on ${mountPoint}`);
    if (!FREEZABLE.test(mount.type)) throw new Refusal("not-freezable", `${mount.type} is not frozen and thawed so`);
    mayTouch(ctx, mountPoint);
    // The question stands since the collector first asked: how long it has waited is how long nothing was written here.
    const answer = await probeWrite(mountPoint);
    const holder = backupAtWork(ctx.table.read(0).all);
    const reason = reasonToWait(answer, holder, Date.now(), ctx.config.thaw.fileSystemAfterMs);
    if (reason) throw new Refusal(reason[0], `${mountPoint}: ${reason[1]}`);
    const result = await thaw(mountPoint);
    if (result.code !== 0) {
      const why = result.stderr.trim() || (result.timedOut ? "no answer in time" : `exit ${result.code}`);
      // Only a frozen one can be thawed (vfs_ioctl: EINVAL).
      if (/invalid argument/i.test(why)) throw new Refusal("not-frozen", `${mountPoint} is not frozen`);
      if (/not permitted|permission denied/i.test(why)) throw new Refusal("not-permitted", `${mountPoint}: ${why}`);
      throw new Failure("not-thawed", `${mountPoint}: ${why}`, false);
    }
    return {
      message: `${mountPoint} (${mount.type}) is thawed`,
      changed: true,
      output: { type: mount.type, source: mount.source },
    };
  },
});
