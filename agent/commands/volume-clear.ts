// Command volume.clear: removes the empty folders that are left below the kubelet's folder of a pod that is gone. All is looked at first; rmdir(2) itself
// refuses whatever has a file in it or is mounted.
import { lstatSync, readdirSync, rmdirSync } from "node:fs";
import { kubeletRuns } from "../collectors/kubelet.ts";
import { hasKubeletFiles } from "../collectors/kubelet-places.ts";
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { isUnder, readMounts } from "../host/mountinfo.ts";
import { argvOf } from "../host/proc.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { processesOfPod } from "./prove.ts";
import { listedNow, mayTouch, realPath } from "./prove-container.ts";

/** The kubelet makes the folder before the pod's first container is listed: this old it is none of those, ms. */
const NEW_MS = 300_000;
const FOLDERS_MAX = 5_000;

/** `--root-dir` of the kubelet that runs here. */
async function kubeletFolder(ctx: CommandContext): Promise<string> {
  const table = ctx.table.read(0);
  const kubelet = table.all.find((p) => p.name === "kubelet" && p.rssPages > 0 && table.isLocal(p.pid));
  const argv = kubelet ? await argvOf(kubelet.pid) : [];
  const at = argv.findIndex((arg) => arg === "--root-dir" || arg.startsWith("--root-dir="));
  const told = argv[at]?.includes("=") ? argv[at]?.slice("--root-dir=".length) : argv[at + 1];
  return at >= 0 && told?.startsWith("/") ? told : "/var/lib/kubelet";
}

/**
 * The folders below `top` and itself, deepest first.
 * @throws Refusal at the first thing that is not an empty folder, is new, or lies on another file system
 */
export function emptyFolders(top: string, now: number): string[] {
  const found: string[] = [];
  const device = lstatSync(top).dev;
  const walk = (folder: string): void => {
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new Refusal("not-empty", `${folder} is not a folder`);
    if (stat.dev !== device) throw new Refusal("mounted", `another file system is mounted on ${folder}`);
    if (now - stat.mtimeMs < NEW_MS) throw new Refusal("is-new", `${folder} was changed a moment ago`);
    if (found.length >= FOLDERS_MAX) throw new Refusal("too-many", `there are more than ${FOLDERS_MAX} folders`);
    for (const name of readdirSync(folder)) walk(`${folder}/${name}`);
    found.push(folder);
  };
  walk(top);
  return found;
}

/**
 * @throws Refusal when the pod may be waiting for its volumes: a kubelet belongs to the node, no runtime ever listed the pod as far as the agent
 * remembers, and the kubelet does not call it orphaned
 */
function provenGone(ctx: CommandContext, podUid: string): void {
  if (ctx.memory.data.podsSeen.includes(podUid)) return;
  if (!kubeletRuns(ctx) && !hasKubeletFiles()) return;
  const said = (ctx.latest("logMatches")?.matches ?? []).some(
    ({ rule, lines }) => rule === "pod-volumes-orphaned" && lines.some((line) => line.includes(podUid)),
  );
  if (!said) throw new Refusal("not-proven", `no runtime ever listed pod ${podUid}: it may be waiting for its volumes`);
}

export const volumeClear = defineCommand({
  type: "volume.clear",
  affects: ["kubelet", "mounts", "filesystems"],
  timeoutMs: 60_000,
  async run({ podUid }, ctx) {
    const pods = `${realPath(await kubeletFolder(ctx))}/pods`;
    const folder = realPath(`${pods}/${podUid}`);
    if (folder !== `${pods}/${podUid}`) throw new Refusal("not-plain", `${pods}/${podUid} leads to ${folder}`);
    mayTouch(ctx, folder);
    if ((await listedNow(ctx)).has(podUid)) throw new Refusal("listed", `a runtime lists pod ${podUid}`);
    provenGone(ctx, podUid);
    const alive = processesOfPod(podUid);
    if (alive.length > 0) throw new Refusal("in-use", `processes of the pod live: ${alive.slice(0, 5).join(", ")}`);
    const mount = readMounts().find((m) => isUnder(m.mountPoint, folder));
    if (mount) throw new Refusal("mounted", `${mount.type} is mounted on ${mount.mountPoint}`);
    const folders = emptyFolders(folder, Date.now());
    for (const [index, path] of folders.entries()) {
      try {
        rmdirSync(path);
      } catch (err) {
        throw new Failure("not-empty", messageOf(err), index > 0);
      }
    }
    return {
      message: `${folders.length} empty folders of pod ${podUid} removed`,
      changed: true,
      output: { folder, removed: folders.length },
    };
  },
});
