// `lab …`: real container nodes on this machine. The work is done in lab/; here it is asked for and shown.
import { existsSync } from "node:fs";
import { faults as catalogue, labDown, labFault, labHeal, labList, labUp } from "../../lab/lab.ts";
import { answer, connect } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { duration, printJson, printLine, printTable } from "../output.ts";
import { dataDir } from "../paths.ts";
import { bundle } from "../up/processes.ts";

// The lab's own errors are written for people: no stack.
async function asUser<T>(work: Promise<T>): Promise<T> {
  return work.catch((err) => {
    throw err instanceof UserError ? err : new UserError(errorMessage(err), undefined, EXIT.failed, err);
  });
}

type UpOptions = CommonOptions & { nodes: number; agents: boolean; signal: AbortSignal; say: (line: string) => void };

/** Brings the nodes up and has them join; a line for each step. */
export async function bringUp({ nodes, agents, signal, say, ...options }: UpOptions): ReturnType<typeof labUp> {
  const client = agents ? connect(options) : null;
  if (client && !existsSync(bundle("agent")))
    throw new UserError("the agent is not built", "./nodeops up builds it", EXIT.unreachable);
  if (client) await answer(client.accounts.me.query()); // fail before any node is made
  return asUser(
    labUp({
      dataDir: dataDir(options.data),
      nodes,
      agentBundle: client ? bundle("agent") : undefined,
      join:
        client &&
        ((name, { pool, labels }) =>
          answer(client.joinTokens.create.mutate({ pool, labels, expiresInMinutes: 30, note: `lab node ${name}` }))),
      signal,
      onProgress: ({ node, step, ms }) => say(`  ${duration(ms).padStart(8)}  ${node.padEnd(10)} ${step}`),
    }),
  );
}

export const up: Run<{ nodes: number; agents: boolean }> = async (_args, options) => {
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort(new Error("interrupted; ./nodeops lab down removes what was made")));
  const begunMs = performance.now();
  const say = (line: string) => void (options.json || printLine(line));
  const nodes = await bringUp({ ...options, signal: abort.signal, say });
  if (options.json) printJson({ nodes, ms: Math.round(performance.now() - begunMs) });
  else
    printLine(
      `\n${nodes.length} nodes run after ${duration(performance.now() - begunMs)}. Next: ./nodeops nodes, ./nodeops lab faults, ./nodeops lab fault ${nodes[0]?.name} runtime-down`,
    );
};

export const down: Run<object> = async (_args, options) => {
  const { removed } = await asUser(labDown({ dataDir: dataDir(options.data) }));
  if (options.json) printJson({ removed });
  else printLine(removed.length > 0 ? `removed ${removed.join(", ")}` : "there is no lab");
};

export const ls: Run<object> = async (_args, options) => {
  const nodes = await asUser(labList({ dataDir: dataDir(options.data) }));
  if (options.json) return printJson(nodes);
  printTable(
    nodes,
    [
      { title: "NODE", text: (n) => n.name },
      { title: "STATE", text: (n) => (n.alive ? n.phase : "dead"), style: (n) => (n.alive ? "green" : "red") },
      { title: "POOL", text: (n) => n.pool },
      { title: "ZONE", text: (n) => n.labels.zone },
      { title: "PID", text: (n) => n.pid },
      { title: "STARTED IN", text: (n) => (n.bootMs ? duration(n.bootMs) : null) },
    ],
    "there is no lab; ./nodeops lab up --nodes 6 makes one",
  );
};

export const faults: Run<object> = async (_args, options) => {
  if (options.json) return printJson(catalogue);
  printTable(
    [...catalogue],
    [
      { title: "FAULT", text: (f) => f.id },
      { title: "FOUND BY", text: (f) => f.check },
      { title: "WHAT IT DOES", text: (f) => f.does },
    ],
    "no faults",
  );
};

export const fault: Run<object> = ([node = "", name = ""], options) => act(labFault, node, name, options);
export const heal: Run<object> = ([node = "", name = ""], options) => act(labHeal, node, name, options);

async function act(
  work: typeof labFault,
  node: string,
  fault: string,
  options: { data?: string; json?: boolean },
): Promise<void> {
  const report = await asUser(work({ dataDir: dataDir(options.data), node, fault }));
  if (options.json) printJson(report);
  else printLine(`${report.node}: ${report.detail}`);
}
