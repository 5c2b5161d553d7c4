// Boots one lab node: cgroups, storage, namespaces, NICs, its files, lxcfs, containerd, pods; then its agent. Called by lab.ts.
import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, realpath, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeSocket, withCri } from "./cri.ts";
import { inNode, tryRun, until } from "./exec.ts";
import { type LabIdentity, type NodePlan, nodeDir } from "./layout.ts";
import {
  addNic,
  configureNics,
  hierarchies,
  makeCgroups,
  makeStorage,
  removeCgroups,
  startTime,
  storage,
} from "./machine.ts";
import { agentPolicy, conflist, containerdConfig, dfdaemonConfig, moduleScripts, paths } from "./node-files.ts";
import { bootScript, initScript } from "./node-init.ts";
import { ensurePods, standingPods } from "./pods.ts";
import type { LabNode } from "./state.ts";

/** What every node of one `lab up` shares. */
export interface BootContext {
  dataDir: string;
  lab: LabIdentity;
  nodeBin: string;
  /** Tar of the image the pods run from. */
  imageArchive: string;
  signal?: AbortSignal;
  step(node: string, step: string): void;
}

/** A path inside the node as the machine reaches it. */
export const inside = (pid: number, path: string): string => `/proc/${pid}/root${path}`;

/** Makes the node's namespaces and everything the machine gives it. Returns the node, its modules not yet started. */
export async function createNode(context: BootContext, plan: NodePlan): Promise<LabNode> {
  const { lab } = context;
  const dir = nodeDir(context.dataDir, plan.name);
  await removeCgroups(lab, plan.name); // what a crash may have left of it
  // the agent's identity outlives a restart of the node, all else starts fresh
  for (const old of ["var/log", "var/lib/cni", "init.pid"]) await rm(join(dir, old), { recursive: true, force: true });
  await mkdir(join(dir, "var/lib/nodeops-lab"), { recursive: true });
  const image = join(dir, "containerd.img");
  const onDisk = await makeStorage(image);
  const mounted = await hierarchies();
  const init = join(dir, "init.sh");
  await writeFile(
    init,
    initScript({
      dir,
      name: plan.name,
      machineId: plan.machineId,
      storageImage: onDisk ? image : undefined,
      storageBytes: storage.bytes,
      storageInodes: storage.inodes,
      nodeBin: await realpath(context.nodeBin),
      hierarchies: mounted,
    }),
  );
  const folders = await makeCgroups(lab, plan.name);
  const pid = await startInit(dir, bootScript(folders, init, `nodeops-lab ${lab.id} ${plan.name}`));
  const started = await startTime(pid);
  if (started === undefined) throw new Error(`${plan.name}: its first process ended at once`);
  await addNic(lab, plan.index, "primary", pid, "eth0");
  await addNic(lab, plan.index, "eni", pid, "eth1");
  await inNode(pid, configureNics(lab, plan));
  const { name, index, zone, rack, pool, labels, ip } = plan;
  return {
    ...{ name, index, zone, rack, pool, labels, ip, pid },
    startedTicks: started,
    storage: onDisk ? "ext4" : "tmpfs",
    bootMs: 0,
    phase: "starting",
  };
}

async function startInit(dir: string, script: string): Promise<number> {
  const child = spawn("bash", ["-c", script], { cwd: "/", detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  let ended = false;
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk;
  });
  child.once("exit", () => {
    ended = true;
  });
  const pid = await until("namespaces of the node", 15_000, async () => {
    if (ended) throw new Error(`the node's first process failed: ${complaint.trim()}`);
    return Number(await readFile(join(dir, "init.pid"), "utf8").catch(() => "")) || undefined;
  });
  // the pid is written a few mounts before the script is through
  await until("the node's mounts", 15_000, async () => {
    if (ended) throw new Error(`the node's first process failed: ${complaint.trim()}`);
    return (
      (await tryRun("nsenter", ["-t", String(pid), "-a", "--wd=/", "--", "test", "-e", "/run/nodeops-lab/ready"]))
        .code === 0
    );
  });
  child.stderr.destroy();
  child.unref();
  return pid;
}

/** Writes the node's files, starts lxcfs and containerd, imports the image, starts the pods that do not run. */
export async function startModules(context: BootContext, node: LabNode): Promise<void> {
  const files = {
    "/etc/containerd/config.toml": containerdConfig(),
    "/etc/nodeops/agent.json": agentPolicy(),
    [paths.conflist]: conflist(node.index),
    [paths.dfdaemonConfig]: dfdaemonConfig(0),
  };
  for (const [path, text] of Object.entries(files)) await writeFile(inside(node.pid, path), text);
  for (const [path, text] of Object.entries(moduleScripts(node.name))) {
    await writeFile(inside(node.pid, path), text);
    await chmod(inside(node.pid, path), 0o755);
  }
  context.step(node.name, "modules");
  await Promise.all([startLxcfs(node.pid), startContainerd(node.pid), inNode(node.pid, '"$1"', [paths.dfdaemonStart])]);
  context.signal?.throwIfAborted();
  context.step(node.name, "image");
  const archive = inside(node.pid, "/run/nodeops-lab/image.tar");
  await copyFile(context.imageArchive, archive);
  await inNode(node.pid, "ctr -n k8s.io images import /run/nodeops-lab/image.tar >/dev/null", [], {
    timeoutMs: 60_000,
  });
  await unlink(archive);
  context.step(node.name, "pods");
  await withCri(nodeSocket(node.pid), (cri) => ensurePods(cri, node.name, inside(node.pid, "/var/log"), standingPods));
}

/** Starts containerd in the node unless it runs, and waits until it answers. */
export async function startContainerd(pid: number): Promise<void> {
  await until("containerd answers", 20_000, async () => {
    await inNode(pid, '"$1"', [paths.containerdStart]); // again, where it ended at once
    return withCri(nodeSocket(pid), (cri) => cri("Version", {}, 3_000)).catch(() => undefined);
  });
}

/** Starts lxcfs in the node unless it runs, and waits for its mount. */
export async function startLxcfs(pid: number): Promise<void> {
  await inNode(pid, '"$1"', [paths.lxcfsStart]);
  // asked from inside: lxcfs answers only to processes it can see
  const ask =
    "for i in $(seq 100); do if grep -q MemTotal /var/lib/lxcfs/proc/meminfo; then exit 0; fi; sleep 0.1; done; exit 1";
  await inNode(pid, `{ ${ask}; } 2>/dev/null`);
}

/** What the console gives a new node. */
export type Join = (
  name: string,
  as: { pool: string; labels: Record<string, string> },
) => Promise<{ gatewayUrl: string; token: string }>;

/** Copies the agent in, enrols it unless it has an identity, and starts its keep-alive loop unless that runs. */
export async function startAgent(
  node: LabNode,
  bundle: string,
  join: Join,
  toUrl: (url: string) => string,
): Promise<void> {
  await copyFile(bundle, inside(node.pid, `${paths.agentBundle}.new`));
  // a running agent of an older bundle ends; its loop starts the new one
  const replace = `if cmp -s "$1.new" "$1"; then rm "$1.new"; exit 0; fi
    mv "$1.new" "$1"; pkill -TERM -f -- "^$2 $1 run" || [ $? = 1 ]`;
  await inNode(node.pid, replace, [paths.agentBundle, paths.node]);
  const known = await inNode(node.pid, '[ -z "$(ls -A "$1" 2>/dev/null)" ] || echo yes', [paths.agentData]);
  if (known.trim() !== "yes") {
    const { gatewayUrl, token } = await join(node.name, { pool: node.pool, labels: node.labels });
    const command =
      '"$1" "$2" join --gateway "$3" --token "$4" --name "$5" >> "$6" 2>&1 || { tail -n 5 "$6" >&2; exit 1; }';
    await inNode(
      node.pid,
      command,
      [paths.node, paths.agentBundle, toUrl(gatewayUrl), token, node.name, paths.agentLog],
      {
        timeoutMs: 60_000,
      },
    );
  }
  await inNode(
    node.pid,
    'pid=$(cat /run/nodeops-agent-loop.pid 2>/dev/null || true); if [ -n "$pid" ] && [ -d /proc/$pid ]; then exit 0; fi; setsid "$1" >/dev/null 2>&1 </dev/null &',
    [paths.agentLoop],
  );
}
