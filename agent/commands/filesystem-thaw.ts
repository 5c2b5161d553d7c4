// Command filesystem.thaw: thaws a frozen file system (ioctl FITHAW). One that is not frozen says so itself and stays as it is.
import { Failure, Refusal } from "../host/errors.ts";
import { readMounts } from "../host/mountinfo.ts";
import { hasPerl, perl } from "../host/perl.ts";
import { type RunResult, run } from "../host/run.ts";
import { probeWrite } from "../host/write-probe.ts";
import { defineCommand } from "./define.ts";
import { mayTouch } from "./prove-container.ts";

/** A snapshot freezes for seconds and thaws by itself: this long it is none of those, ms. */
const SNAPSHOT_MS = 15_000;

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
    const { state, since } = await probeWrite(mountPoint);
    if (state === "ok") throw new Refusal("not-frozen", `${mountPoint} is not frozen`);
    if (since === null || Date.now() - since < SNAPSHOT_MS)
      throw new Refusal("is-new", `${mountPoint} may be frozen for a snapshot that ends by itself`);
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
