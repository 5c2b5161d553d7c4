// Command sandbox.end: ends what is left of a sandbox (virtual machine, gVisor kernel, LXC monitor) that no runtime lists. A process is a target when
// its program is one of that kind and its arguments name the id, or when it lives in a cgroup that carries the id.

import { isShim, parseShim, shimOwner } from "../collectors/processes.ts";
import { joinBundles, parseSandbox } from "../collectors/sandbox-parse.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { argvOf, containerIdIn, fileOf, isLive } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProcess, provenUnknown, signal } from "./prove.ts";
import { isRuntimeId } from "./prove-container.ts";

type Ref = { pid: number; startTicks: number };
type Kind = "kata" | "gvisor" | "lxc";

/** Shims of sandboxes: what stands for the sandbox when the sandbox itself is gone. */
const SHIM: Record<Kind, RegExp | null> = {
  kata: /^(containerd-shim-kata-v2|kata-(shim|proxy))$/,
  gvisor: /^containerd-shim-runsc-v1$/,
  lxc: null,
};

const nameOf = (path: string): string => path.split("/").at(-1) ?? "";

/** Pids that are parts of that sandbox, from the arguments of all that are named: a gofer belongs to the sandbox of its bundle. */
export function partsOf(kind: Kind, id: string, all: readonly { pid: number; argv: readonly string[] }[]): Set<number> {
  const parsed = all.flatMap(({ pid, argv }) => {
    const sandbox = parseSandbox(argv);
    return sandbox ? [{ ...sandbox, pid }] : [];
  });
  const parts = joinBundles(parsed).filter((p) => p.kind === kind && p.containerId === id);
  const shims = all.filter(
    ({ argv }) =>
      (SHIM[kind]?.test(nameOf(argv[0] ?? "")) ?? false) && argv.some((arg) => arg.split(/[/,=]/).includes(id)),
  );
  return new Set([...parts, ...shims].map(({ pid }) => pid));
}

async function provenPart(ctx: CommandContext, kind: Kind, id: string, ref: Ref, isPart: boolean): Promise<void> {
  const stat = provenProcess(ref);
  const table = ctx.table.read(0);
  if (!table.byPid.has(ref.pid)) throw new Refusal("not-ours", `process ${ref.pid} belongs to another node`);
  const argv = await argvOf(ref.pid);
  const inCgroup = containerIdIn(fileOf(ref.pid, "cgroup") ?? "") === id;
  if (!inCgroup && !isPart)
    throw new Refusal(
      "not-its-process",
      `process ${ref.pid} (${stat.name}) is not a part of ${kind} ${id.slice(0, 12)}`,
    );
  // The arguments of a shim say in which namespace and to whom it belongs: that one is asked too.
  const shim = isShim(stat.name) ? parseShim(argv) : null;
  if (shim) await provenUnknown(ctx, id, shim.namespace, shimOwner(argv));
}

/** A shim that lives and is not to be ended stands for the sandbox, or for what it runs. */
async function refuseIfOwned(ctx: CommandContext, id: string, refs: readonly Ref[]): Promise<void> {
  const table = ctx.table.read(0);
  const named = new Set(refs.map((ref) => ref.pid));
  for (const p of table.all) {
    if (!isShim(p.name) || p.state === "Z" || named.has(p.pid)) continue;
    if (parseShim(await argvOf(p.pid))?.containerId === id)
      throw new Refusal("has-shim", `shim ${p.pid} stands for the sandbox`);
  }
  for (const ref of refs)
    for (let p = table.byPid.get(ref.pid); p && p.pid > 1; p = table.byPid.get(p.ppid))
      if (isShim(p.name) && !named.has(p.pid))
        throw new Refusal("has-shim", `process ${ref.pid} lives below shim ${p.pid}`);
}

export const sandboxEnd = defineCommand({
  type: "sandbox.end",
  affects: ["processes", "cgroups", "mounts", "sandboxes"],
  timeoutMs: 120_000,
  async run({ kind, containerId, processes, graceMs }, ctx) {
    if (!isRuntimeId(containerId))
      throw new Refusal("not-ours", `${containerId} is not an id of a runtime: whoever gave that name may need it`);
    const live = processes.filter((ref) => isLive(ref));
    if (live.length === 0) throw new Refusal("target-gone", "none of the named processes lives any more");
    const prove = async (refs: readonly Ref[]) => {
      const named = await Promise.all(refs.map(async ({ pid }) => ({ pid, argv: await argvOf(pid) })));
      const parts = partsOf(kind, containerId, named);
      for (const ref of refs) await provenPart(ctx, kind, containerId, ref, parts.has(ref.pid));
      await provenUnknown(ctx, containerId, "k8s.io");
      await refuseIfOwned(ctx, containerId, refs);
    };
    await prove(live);
    for (const ref of live) signal(ref, "SIGTERM");
    const left = () => live.filter((ref) => isLive(ref));
    await until(graceMs, 100, () => (left().length === 0 ? true : null));
    for (const ref of left()) signal(ref, "SIGKILL");
    if (!(await until(10_000, 100, () => (left().length === 0 ? true : null))))
      throw new Failure("still-alive", `${left().length} processes did not end`, true);
    return {
      message: `${live.length} processes of ${kind} sandbox ${containerId.slice(0, 12)} ended`,
      changed: true,
      output: { ended: live.map((ref) => ref.pid) },
    };
  },
});
