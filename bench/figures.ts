// `./nodeops bench figures`: every figure that the documentation quotes, measured in one run on a data folder, ports and lab of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingTools } from "../lab/requirements.ts";
import { loadState } from "../lab/state.ts";
import type { Stack } from "../testing/stack.ts";
import { allHealthy, measureFaults } from "./faults.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { measurePages } from "./pages.ts";
import { findInNamespace } from "./processes.ts";
import { measureQuiet, type Subject } from "./quiet.ts";
import type { Figure, Group, Report } from "./report.ts";
import { measureStarts } from "./start.ts";

export type FiguresOptions = {
  /** Lab nodes; 0 leaves the lab out. */
  nodes: number;
  /** How long each quiet time is watched. */
  minutes: number;
  /** How often each start and each fault is repeated. */
  rounds: number;
};

/** What an agent calls itself, see agent/host/process-table.ts. */
const AGENT_NAME = "nodeops-agent";

/** These would point the product that is measured at another database or console. */
const FOREIGN = ["DATABASE_URL", "REDIS_URL", "NODEOPS_URL", "NODEOPS_TOKEN", "NODEOPS_DATA"];

/**
 * Measures group after group; one that fails says so and the next goes on. Everything it started is ended when it returns or throws.
 *
 * @param say is told what happens, for people
 */
export async function measureFigures(
  options: FiguresOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  for (const name of FOREIGN) delete process.env[name];
  const folder = await mkdtemp(join(tmpdir(), "nodeops-bench-"));
  const groups: Group[] = [];
  let stack: Stack | undefined;

  async function group(title: string, measure: (failures: string[]) => Promise<Figure[]>): Promise<boolean> {
    signal.throwIfAborted();
    say(`${title} …`);
    const load = watchLoad();
    const failures: string[] = [];
    const figures = await measure(failures).catch((err: unknown): Figure[] => {
      signal.throwIfAborted();
      failures.push(err instanceof Error ? err.message : String(err));
      return [];
    });
    groups.push({ title, figures, failures, load: load() });
    return failures.length === 0;
  }
  const skip = (title: string, skipped: string) => groups.push({ title, figures: [], failures: [], skipped });

  try {
    const report: Report = {
      bench: "figures",
      at: new Date().toISOString(),
      commit: await commitName(),
      settings: options,
      machine: await describeMachine(folder),
      groups,
    };
    await group("start", () =>
      measureStarts(options.rounds, signal, (running) => {
        stack = running;
      }),
    );
    await group("pages: JavaScript of the first load, gzip", async () => measurePages());
    const running = stack;
    if (!running) {
      skip("quiet, lab, faults", "nothing runs");
      return report;
    }
    await group("quiet, this machine as the only node", () => measureQuiet(running, [], options.minutes, signal));
    await lab(running);
    return report;
  } finally {
    say("ending everything …");
    await stack?.down();
    await rm(folder, { recursive: true, force: true });
  }

  async function lab(running: Stack): Promise<void> {
    const { nodes, minutes, rounds } = options;
    const missing = nodes === 0 ? ["--nodes of 1 or more"] : await missingTools();
    if (missing.length > 0) return void skip("lab", `it needs ${missing.join(", ")}`);
    const isUp = await group(`lab, ${nodes} nodes`, () => measureLabStart(running, nodes, signal));
    if (!isUp) return;
    await group(`quiet, this machine and ${nodes} lab nodes`, async () =>
      measureQuiet(running, [await labAgents(running.dataDir)], minutes, signal),
    );
    await group("faults, since the injection began", async (failures) => {
      const result = await measureFaults(running.dataDir, nodes, rounds, signal);
      failures.push(...result.failures);
      return result.figures;
    });
  }
}

async function measureLabStart(stack: Stack, nodes: number, signal: AbortSignal): Promise<Figure[]> {
  const begin = performance.now();
  await stack.json(["lab", "up", "--nodes", String(nodes)], 600_000);
  const startedMs = Math.round(performance.now() - begin);
  await allHealthy(stack.dataDir, nodes, signal);
  const healthyMs = Math.round(performance.now() - begin);
  const boots = (await loadState(stack.dataDir))?.nodes.map(({ bootMs }) => bootMs) ?? [];
  return [
    {
      name: "lab up",
      unit: "ms",
      samples: [startedMs],
      note: "the whole command: all pods run, all agents are started",
    },
    { name: "every node healthy", unit: "ms", samples: [healthyMs], note: "since lab up began; asked every 200 ms" },
    { name: "one node", unit: "ms", samples: boots, note: "first step to last pod, three nodes at a time" },
  ];
}

async function labAgents(dataDir: string): Promise<Subject> {
  const nodes = (await loadState(dataDir))?.nodes ?? [];
  const pids = nodes.flatMap(({ pid }) => findInNamespace(pid, AGENT_NAME) ?? []);
  if (pids.length < nodes.length) throw new Error(`${nodes.length - pids.length} lab nodes have no running agent`);
  return { name: "agent of a lab node", pids };
}
