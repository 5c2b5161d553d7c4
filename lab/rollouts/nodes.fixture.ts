// What the proof of rollouts looks at on the lab's nodes besides the console: the runtimes' own word about containers, the agents' journals, the files.
import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseRecords } from "../../agent/spool/record-log.ts";
import { dataPaths } from "../../cli/paths.ts";
import { adminUrl } from "../../cli/postgres/database.ts";
import { readState } from "../../cli/state.ts";
import type { CommandPayload, CommandResult } from "../../protocol/commands.ts";
import { inside } from "../boot.ts";
import { nodeSocket, withCri } from "../cri.ts";
import { nodeDir } from "../layout.ts";
import { containerPid, listPods, type PodSpec, removePods, startPod } from "../pods.ts";
import type { LabNode } from "../state.ts";
import type { Span } from "./console.fixture.ts";

/** One container as the runtime tells of it: whoever restarts it changes at least one of these. */
export type Standing = {
  id: string;
  attempt: number;
  createdAt: number;
  startedAt: number;
  state: string;
  pid: number;
};

/** Every container of the node by pod name, read from containerd itself. */
export const containersOf = (node: LabNode): Promise<Record<string, Standing>> =>
  withCri(nodeSocket(node.pid), async (cri) => {
    const { sandboxes, containers } = await listPods(cri);
    const standing: Record<string, Standing> = {};
    for (const { id, pod_sandbox_id } of containers) {
      const { status } = await cri("ContainerStatus", { container_id: id });
      const pod = sandboxes.find((s) => s.id === pod_sandbox_id)?.metadata.name ?? id;
      standing[pod] = {
        id,
        attempt: status.metadata.attempt,
        createdAt: status.created_at,
        startedAt: status.started_at,
        state: status.state,
        pid: await containerPid(cri, id),
      };
    }
    return standing;
  });

/** Starts a pod on the node's CNI and removes it again. @throws with containerd's words when it cannot be started */
export const canStartPod = (node: LabNode, spec: PodSpec): Promise<string> =>
  withCri(nodeSocket(node.pid), async (cri) => {
    const { container } = await startPod(cri, node.name, inside(node.pid, "/var/log"), spec);
    const { status } = await cri("ContainerStatus", { container_id: container });
    await removePods(cri, spec.name);
    return status.state;
  });

/** A command in an agent's journal. Counts beyond 1 of `accepted` or `started` would be a command that ran twice. */
export type Journalled = {
  node: string;
  id: string;
  nonce: string;
  generation: number;
  type: string;
  params: Record<string, unknown>;
  accepted: number;
  started: number;
  startedAt: number | null;
  result: CommandResult | null;
};

type Line =
  | { step: "accepted"; payload: CommandPayload }
  | { step: "started"; id: string; at: number }
  | { step: "finished"; result: CommandResult }
  | { step: "reported"; id: string };

/** All commands that the node's agent has ever accepted, from the file that it writes before each step. */
export async function journalOf(dataDir: string, node: string): Promise<Journalled[]> {
  const path = join(nodeDir(dataDir, node), "var/lib/nodeops-agent/journal/commands.log");
  const commands = new Map<string, Journalled>();
  for (const { value } of parseRecords(await readFile(path)).records) {
    const line = value as Line;
    if (line.step === "accepted") {
      const { id, nonce, generation, action } = line.payload;
      const known = commands.get(id);
      if (known) known.accepted++;
      else
        commands.set(id, {
          ...{ node, id, nonce, generation, type: action.type, params: action.params, accepted: 1, started: 0 },
          ...{ startedAt: null, result: null },
        });
      continue;
    }
    const command = commands.get(line.step === "finished" ? line.result.commandId : line.id);
    if (!command) throw new Error(`${node}: the journal tells of a command that it never accepted`);
    if (line.step === "finished") command.result = line.result;
    if (line.step === "started") {
      command.started++;
      command.startedAt = line.at;
    }
  }
  return [...commands.values()];
}

/** The most nodes that had a span at the same instant, and when. Spans that only touch do not overlap. */
export function mostAtOnce(spans: readonly Span[]): { count: number; at: number } {
  let most = { count: 0, at: 0 };
  for (const { from: at } of spans) {
    const nodes = new Set(spans.filter(({ from, to }) => from <= at && at < to).map(({ node }) => node));
    if (nodes.size > most.count) most = { count: nodes.size, at };
  }
  return most;
}

/** Counts how often a file is put in place or taken away, by the kernel's own notice. */
export class FileWrites {
  readonly #watchers: FSWatcher[] = [];
  readonly #counts = new Map<string, number>();

  constructor(nodes: readonly LabNode[], path: string) {
    for (const { name, pid } of nodes) {
      this.#counts.set(name, 0);
      const watcher = watch(dirname(inside(pid, path)), (event, file) => {
        if (event === "rename" && file === basename(path)) this.#counts.set(name, this.of(name) + 1);
      });
      this.#watchers.push(watcher);
    }
  }

  of(node: string): number {
    return this.#counts.get(node) ?? 0;
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}

/** The database's own address, for looking on: no view of the console is between. */
export async function databaseUrl(dataDir: string): Promise<string> {
  const paths = dataPaths(dataDir);
  const password = (await readFile(paths.databaseAdminPassword, "utf8")).trim();
  const url = new URL(adminUrl(readState(paths)?.ports.postgres ?? 0, password));
  url.pathname = "/nodeops";
  return url.href;
}

/** Does `work` again and again until the signal comes, each `everyMs`; a turn that fails (the database is away) is only counted. */
export async function each(
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<{ failed: number }> {
  let failed = 0;
  while (!signal.aborted) {
    await work().catch(() => {
      failed++;
    });
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return { failed };
}
