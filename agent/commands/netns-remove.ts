// Command netns.remove: unpins network namespaces that a runtime left behind below /run/netns. Nobody may live in one, and no listed pod may have it.
import { lstatSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { linkOf, scanProcesses } from "../host/proc.ts";
import { run } from "../host/run.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";
import { mayTouch, realPath } from "./prove-container.ts";

const NETNS = "/run/netns";
/** Runtimes pin a namespace before anything lives in it: this long it may be a pod's that is being made, ms. */
const NEW_MS = 60_000;

/** Inode numbers of the network namespaces that processes live in, this machine's whole table: also those of containers and nested nodes. */
function livingIn(): Set<number> {
  const found = new Set<number>();
  for (const { pid } of scanProcesses()) {
    const inode = /^net:\[(\d+)\]$/.exec(linkOf(pid, "ns/net") ?? "")?.[1];
    if (inode) found.add(Number(inode));
  }
  return found;
}

/** Names below /run/netns that the listed pods have. @throws Refusal when a runtime cannot say */
async function namesOfPods(ctx: CommandContext): Promise<Set<string>> {
  const names = new Set<string>();
  if (ctx.runtimes.all().length === 0)
    throw new Refusal("no-runtime", "no runtime is known that could say what is in use");
  for (const { runtime } of ctx.runtimes.all()) {
    const watched = await answeringRuntime(ctx, runtime.spec.id);
    try {
      for (const path of await watched.runtime.podNamespaces())
        if (/^(\/var)?\/run\/netns$/.test(dirname(path))) names.add(basename(path));
    } catch (err) {
      throw new Refusal(
        "runtime-silent",
        `${runtime.spec.id} cannot say which namespaces its pods have: ${messageOf(err)}`,
      );
    }
  }
  return names;
}

/** Why a namespace may not go, or null. */
export function reasonToStay(
  stat: Pick<Stats, "isFile" | "ino" | "mtimeMs"> | null,
  listed: boolean,
  living: ReadonlySet<number>,
  now: number,
): string | null {
  if (!stat) return "gone already";
  if (!stat.isFile()) return "is no namespace";
  if (listed) return "a listed pod has it";
  if (living.has(stat.ino)) return "a process lives in it";
  return now - stat.mtimeMs < NEW_MS ? "is new" : null;
}

const statOf = (path: string): Stats | null => lstatSync(path, { throwIfNoEntry: false }) ?? null;

export const netnsRemove = defineCommand({
  type: "netns.remove",
  affects: ["network", "podNetwork", "cards", "mounts"],
  timeoutMs: 120_000,
  async run({ names }, ctx) {
    const folder = realPath(NETNS);
    mayTouch(ctx, folder);
    const listed = await namesOfPods(ctx);
    const removed: string[] = [];
    const skipped: { name: string; reason: string }[] = [];
    for (const name of [...new Set(names)]) {
      const path = `${folder}/${name}`;
      const reason = reasonToStay(statOf(path), listed.has(name), livingIn(), Date.now());
      if (reason !== null) {
        skipped.push({ name, reason });
        continue;
      }
      if (realpathSync(path) !== path) throw new Refusal("not-plain", `${path} leads elsewhere`);
      // Unmounts lazily and removes the empty file; what nobody holds any more goes with its devices.
      const result = await run(["ip", "netns", "delete", name], { timeoutMs: 10_000 });
      if (statOf(path) === null) removed.push(name);
      else if (removed.length > 0) skipped.push({ name, reason: result.stderr.trim() || "is still there" });
      else throw new Failure("not-removed", `${name}: ${result.stderr.trim() || "is still there"}`, false);
    }
    if (removed.length === 0)
      throw new Refusal(
        "nothing-to-remove",
        `nothing could be removed: ${skipped
          .slice(0, 20)
          .map((s) => `${s.name} ${s.reason}`)
          .join("; ")}`,
      );
    return {
      message: `${removed.length} network namespaces removed${skipped.length ? `, ${skipped.length} left` : ""}`,
      changed: true,
      output: { removed, skipped },
    };
  },
});
