// Command lxcfs.reattach: takes the dead mount away, starts lxcfs, and puts its files back into containers that hold dead ones. No process of a
// container is touched: the mount is cloned here and attached in the container's mount namespace.
import { lxcfsMounts } from "../collectors/lxcfs.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { type Mount, readMounts } from "../host/mountinfo.ts";
import { hasPerl, perl } from "../host/perl.ts";
import { probeFile } from "../host/probe-path.ts";
import { run } from "../host/run.ts";
import { until } from "../host/wait.ts";
import { startModule } from "../modules/manager.ts";
import { findProcess } from "../modules/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { managedModule } from "./module-restart.ts";
import { signal } from "./prove.ts";

/*
 * Arguments: pid, then pairs of a file here and a path in the container. A bind mount cannot cross namespaces; open_tree(2) (428) clones the mount
 * here, setns(2) enters the container's namespace, move_mount(2) (429) attaches it there. umount2(2) and setns(2) differ by architecture.
 */
const script = String.raw`
use strict; use warnings;
my ($arch, $pid, @pairs) = @ARGV;
my ($sys_setns, $sys_umount) = $arch eq "arm64" ? (268, 39) : (308, 166);
my @moves;
while (my ($from, $to) = splice @pairs, 0, 2) {
  my $fd = syscall(428, -100, $from, 1 | 02000000); $fd >= 0 or die "open_tree $from: $!\n"; push @moves, [$fd, $to]; }
open(my $ns, "<", "/proc/$pid/ns/mnt") or die "namespace: $!\n";
syscall($sys_setns, fileno($ns), 0x20000) == 0 or die "setns: $!\n";
my $empty = "";
for my $m (@moves) { my ($fd, $to) = @$m;
  for (1 .. 8) { last if syscall($sys_umount, $to, 2 | 8) != 0; }
  syscall(429, $fd, $empty, -100, $to, 4) == 0 or die "move_mount $to: $!\n"; print "$to\n"; }
`;

/** What to attach where: the same file of the live lxcfs over each dead one. */
export const rebinds = (dead: readonly Mount[], mountPoint: string): [string, string][] =>
  [...new Map(dead.map((m) => [m.mountPoint, m])).values()].map((m) => [
    m.root === "/" ? mountPoint : `${mountPoint}${m.root}`,
    m.mountPoint,
  ]);

async function detachDead(ctx: CommandContext, mountPoint: string, module: string): Promise<void> {
  const spec = managedModule(ctx, module);
  const old = findProcess(spec, ctx.table.read(0));
  // Dead mount with a process: hung, or one that lost its mount; it must go before a new one can take the place.
  if (old && old.state !== "Z") {
    signal(old, "SIGKILL");
    await until(5_000, 100, () => (findProcess(spec, ctx.table.read(0))?.pid === old.pid ? null : true));
  }
  for (let turn = 0; turn < 8 && lxcfsMounts(readMounts()).some((m) => m.mountPoint === mountPoint); turn++) {
    const result = await run(["umount", "-l", mountPoint], { timeoutMs: 10_000 });
    if (result.code !== 0) throw new Failure("not-detached", `umount: ${result.stderr.trim()}`, true);
  }
}

async function reattach(
  ctx: CommandContext,
  containerId: string,
  mountPoint: string,
  liveDevice: string,
): Promise<string> {
  const container = ctx.runtimes
    .all()
    .flatMap((w) => w.inventory?.containers ?? [])
    .find((c) => c.id === containerId);
  if (container?.state !== "running" || container.pid === null) return "does not run any more";
  const mounts = lxcfsMounts(readMounts(container.pid));
  const dead = mounts.filter((m) => m.device !== liveDevice);
  if (dead.length === 0) return mounts.length > 0 ? "is attached" : "has no lxcfs files";
  const pairs = rebinds(dead, mountPoint);
  const result = await perl(script, [process.arch, String(container.pid), ...pairs.flat()], { timeoutMs: 15_000 });
  if (result.code !== 0) return `failed: ${result.stderr.trim() || "no answer"}`;
  return "re-attached";
}

export const lxcfsReattach = defineCommand({
  type: "lxcfs.reattach",
  affects: ["lxcfs", "modules", "mounts", "processes"],
  timeoutMs: 180_000,
  async run({ mountPoint, module, containers }, ctx) {
    const spec = managedModule(ctx, module);
    if (spec.kind !== "lxcfs") throw new Refusal("not-lxcfs", `module ${module} is not lxcfs`);
    const at = readMounts().filter((m) => m.mountPoint === mountPoint);
    if (at.length > 0 && at.at(-1)?.type !== "fuse.lxcfs")
      throw new Refusal("target-changed", `${mountPoint} is a mount of type ${at.at(-1)?.type}`);
    if (containers.length > 0 && !(await hasPerl()))
      throw new Refusal("no-tool", "perl is needed to attach files in running containers and is not on this node");
    for (const watched of ctx.runtimes.all()) await ctx.runtimes.inventory(watched, 0).catch(() => undefined); // containers not listed are reported below
    const probe = () => probeFile(`${mountPoint}/proc/uptime`, 1_500);
    const healthy = at.length > 0 && (await probe()).state === "ok";
    if (!healthy) {
      await detachDead(ctx, mountPoint, module);
      await startModule(spec.manager, module);
      if (!(await until(15_000, 250, async () => ((await probe()).state === "ok" ? true : null)))) {
        throw new Failure("not-ready", `${module} was started but ${mountPoint} does not answer`, true);
      }
      ctx.progress(`${module} runs, ${mountPoint} answers`);
    }
    const live = lxcfsMounts(readMounts()).findLast((m) => m.mountPoint === mountPoint);
    if (!live) throw new Failure("not-mounted", `${mountPoint} is not mounted`, true);
    const outcome: Record<string, string> = {};
    for (const id of containers)
      outcome[id] = await reattach(ctx, id, mountPoint, live.device).catch((err) => `failed: ${messageOf(err)}`);
    const failed = Object.entries(outcome).filter(([, text]) => text.startsWith("failed"));
    if (failed.length > 0)
      throw new Failure("not-attached", failed.map(([id, text]) => `${id.slice(0, 12)} ${text}`).join("; "), true);
    const count = Object.values(outcome).filter((text) => text === "re-attached").length;
    return {
      message: `${mountPoint} answers, ${count} containers re-attached`,
      changed: !healthy || count > 0,
      output: { containers: outcome },
    };
  },
});
