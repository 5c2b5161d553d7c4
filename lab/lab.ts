// The lab's API: a fleet of real container nodes on this machine. Called by the operator CLI and by tests.
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BootContext, createNode, type Join, startAgent, startModules } from "./boot.ts";
import { nodeSocket, withCri } from "./cri.ts";
import { tryInNode } from "./exec.ts";
import { faults as catalogue, findFault } from "./faults/catalogue.ts";
import type { Fault } from "./faults/fault.ts";
import { busyboxRoot, imageArchive } from "./image.ts";
import { type LabIdentity, labDir, planNode, reachableUrl } from "./layout.ts";
import { claimIdentity, kill, makeBridge, removeCgroups, removeNetwork } from "./machine.ts";
import { podImage } from "./node-files.ts";
import { missingTools } from "./requirements.ts";
import {
  dataFolder,
  isAlive,
  type LabNode,
  type LabNodeStatus,
  type LabState,
  loadState,
  locked,
  makeDataFolder,
  saveState,
} from "./state.ts";

/** One step of bringing the lab up; `ms` since the start of the call. */
export interface LabProgress {
  node: string;
  step: "create" | "modules" | "image" | "pods" | "agent" | "up" | "kept";
  ms: number;
}

/** What `labUp` needs. */
export interface LabUpOptions {
  dataDir: string;
  nodes: number;
  /** Asks the console for a node's join token; null starts no agents. */
  join: Join | null;
  /** The bundled agent; needed with `join`. */
  agentBundle?: string;
  /** Node.js binary the agents run with; default: the one running now. */
  nodeBin?: string;
  onProgress?(progress: LabProgress): void;
  signal?: AbortSignal;
}

/**
 * Brings up `nodes` lab nodes with their pods and agents. Nodes that run are kept as they are; dead ones start anew under
 * their old identity. Throws naming every node that failed; what runs by then is recorded and `labDown` removes it.
 */
export async function labUp(options: LabUpOptions): Promise<LabNode[]> {
  const missing = await missingTools();
  if (missing.length > 0) throw new Error(`the lab needs ${missing.join(", ")}`);
  if (options.nodes < 1 || options.nodes > 64) throw new Error("a lab has 1 to 64 nodes");
  const dataDir = await makeDataFolder(options.dataDir);
  const begin = performance.now();
  const report = (node: string, step: LabProgress["step"]): void =>
    options.onProgress?.({ node, step, ms: Math.round(performance.now() - begin) });
  return locked(dataDir, async () => {
    const state: LabState = (await loadState(dataDir)) ?? { version: 1, lab: await claimIdentity(dataDir), nodes: [] };
    await saveState(dataDir, state);
    await makeBridge(state.lab, dataDir);
    const archive = join(labDir(dataDir), "image.tar");
    await writeFile(archive, await podImageArchive());
    const context: BootContext = {
      dataDir,
      lab: state.lab,
      nodeBin: options.nodeBin ?? process.execPath,
      imageArchive: archive,
      signal: options.signal,
      step: report,
    };
    const wanted = Array.from({ length: options.nodes }, (_, i) => i + 1);
    const failures = await inTurns(wanted, 3, async (index) => {
      options.signal?.throwIfAborted();
      const node = await bringUp(context, state, index).catch((cause: unknown) => {
        throw new Error(`lab-${index}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      });
      if (options.join && options.agentBundle) {
        report(node.name, "agent");
        await startAgent(node, options.agentBundle, options.join, (url) => reachableUrl(url, state.lab, hostname()));
      }
      report(node.name, "up");
    });
    if (failures.length > 0) throw new AggregateError(failures, failures.map((e) => e.message).join("\n"));
    return state.nodes;
  });
}

async function bringUp(context: BootContext, state: LabState, index: number): Promise<LabNode> {
  const begin = performance.now();
  const plan = planNode(state.lab, index);
  let node = state.nodes.find((n) => n.name === plan.name);
  if (node && (await isAlive(node)) && node.phase === "up") {
    context.step(plan.name, "kept");
    return node;
  }
  if (!node || !(await isAlive(node))) {
    context.step(plan.name, "create");
    node = await createNode(context, plan);
    state.nodes = [...state.nodes.filter((n) => n.name !== plan.name), node].sort((a, b) => a.index - b.index);
    await saveState(context.dataDir, state);
  }
  context.signal?.throwIfAborted();
  await startModules(context, node);
  node.phase = "up";
  node.bootMs = Math.round(performance.now() - begin);
  await saveState(context.dataDir, state);
  return node;
}

/** Runs `work` on all items, at most `width` at a time; returns what failed. */
async function inTurns<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<Error[]> {
  const queue = [...items];
  const failures: Error[] = [];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift())
      await work(item).catch((error: unknown) => {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      });
  };
  await Promise.all(Array.from({ length: width }, lane));
  return failures;
}

async function podImageArchive(): Promise<Buffer> {
  const { stdout } = await promisify(execFile)("/bin/busybox", ["--list"]);
  return imageArchive(podImage, busyboxRoot(await readFile("/bin/busybox"), stdout.trim().split("\n")));
}

/** Ends and removes everything the lab made: processes, mounts, namespaces, cgroups, NICs, files. Agents' identities too. No lab is no error. */
export async function labDown(options: { dataDir: string }): Promise<{ removed: string[] }> {
  const dataDir = await dataFolder(options.dataDir);
  if (!dataDir) return { removed: [] };
  return locked(dataDir, async () => {
    const state = await loadState(dataDir);
    const lab: LabIdentity = state?.lab ?? (await claimIdentity(dataDir));
    const nodes = state?.nodes ?? [];
    // a node's first process takes everything in its pid namespace along; the cgroups catch what a crash left unrecorded
    for (const node of nodes) {
      if (!(await isAlive(node))) continue;
      // who waits for a frozen disk does not end
      if (node.storage === "ext4") await tryInNode(node.pid, "fsfreeze --unfreeze /var/lib/containerd");
      kill(node.pid);
    }
    await removeCgroups(lab);
    await removeNetwork(lab);
    // all that is left are files: a node's mounts were only ever its own. The state goes last.
    const files = (await readdir(labDir(dataDir))).filter((f) => !["lock", "state.json"].includes(f));
    for (const file of [...files, "state.json"])
      await rm(join(labDir(dataDir), file), { recursive: true, force: true });
    return { removed: nodes.map((n) => n.name) };
  });
}

/** The lab's nodes, each with whether it lives; empty when there is no lab. */
export async function labList(options: { dataDir: string }): Promise<LabNodeStatus[]> {
  const dataDir = await dataFolder(options.dataDir);
  const state = dataDir ? await loadState(dataDir) : undefined;
  return Promise.all((state?.nodes ?? []).map(async (node) => ({ ...node, alive: await isAlive(node) })));
}

/** Which faults there are. */
export const faults: readonly Pick<Fault, "id" | "title" | "does" | "check" | "repair">[] = catalogue;

/** What a fault did to which node. */
export interface FaultReport {
  node: string;
  fault: string;
  /** What was done, with names and ids to look for. */
  detail: string;
}

/** Injects a fault for real into one node. Throws when node or fault is unknown, or when it could not be brought about. */
export const labFault = (options: { dataDir: string; node: string; fault: string }): Promise<FaultReport> =>
  act(options, "inject");

/** Undoes an injected fault by hand, without the console; harmless when it was repaired already. */
export const labHeal = (options: { dataDir: string; node: string; fault: string }): Promise<FaultReport> =>
  act(options, "heal");

async function act(
  options: { dataDir: string; node: string; fault: string },
  how: "inject" | "heal",
): Promise<FaultReport> {
  const fault = findFault(options.fault);
  const dataDir = await dataFolder(options.dataDir);
  const state = dataDir ? await loadState(dataDir) : undefined;
  const node = state?.nodes.find((n) => n.name === options.node);
  if (!state || !node)
    throw new Error(`no lab node ${options.node}; there are: ${state?.nodes.map((n) => n.name).join(", ") || "none"}`);
  if (!(await isAlive(node))) throw new Error(`${node.name} does not run; start it again with lab up`);
  const detail = await fault[how]({
    lab: state.lab,
    node,
    pid: node.pid,
    cri: (use) => withCri(nodeSocket(node.pid), use),
  });
  return { node: node.name, fault: fault.id, detail };
}
