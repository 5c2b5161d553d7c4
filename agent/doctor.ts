// `nodeops-agent doctor`: the console's checks on this node's facts, here and now, without a console. Changes nothing.
import { readFileSync } from "node:fs";
import { checks } from "../checks/index.ts";
import { plainLine } from "../parsers/plain-text.ts";
import type { FactKind, Facts } from "../protocol/facts.ts";
import type { CollectorContext } from "./collectors/define.ts";
import { Harness, type Outcome } from "./collectors/harness.ts";
import { collectors } from "./collectors/index.ts";
import { loadAgentConfig } from "./config.ts";
import { ProcessTableReader } from "./host/process-table.ts";
import { sleep } from "./host/wait.ts";
import { MemoryFile } from "./memory.ts";
import { ModuleWatch } from "./modules/watch.ts";
import { RuntimeWatch } from "./runtimes/watch.ts";
import { statePaths } from "./state.ts";
import { AGENT_VERSION } from "./version.ts";

/** Kinds that compare two looks, and the time between these, ms. */
const twice: FactKind[] = ["resources", "processes", "runtimes", "modules"];
const BETWEEN_MS = 2_500;

/** Every fact of this node now. */
export async function lookOnce(stateFolder: string, configPath: string): Promise<Facts> {
  const config = loadAgentConfig(configPath);
  const paths = statePaths(stateFolder);
  const memory = new MemoryFile(paths.memory); // read only: nothing is saved here
  const runtimes = new RuntimeWatch();
  const facts: Partial<Record<FactKind, Outcome>> = {};
  const context: CollectorContext = {
    config,
    paths,
    memory,
    runtimes,
    table: new ProcessTableReader(),
    modules: new ModuleWatch(config, runtimes, memory.data),
    agentVersion: AGENT_VERSION,
    keeps: false,
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    clockOffsetMs: () => null,
    agent: () => ({ spooled: 0, dropped: 0, reconnects: 0, failing: harness.failing, trust: null }),
    latest: (kind) => (facts[kind]?.data ?? null) as never, // each kind holds what its collector gave
  };
  const harness: Harness = new Harness(Object.values(collectors), context, (outcome) => {
    facts[outcome.kind] = outcome;
  });
  const others = (Object.keys(collectors) as FactKind[]).filter((kind) => kind !== "runtimes");
  await harness.collect(["runtimes"]);
  await harness.collect(others);
  await sleep(BETWEEN_MS);
  await harness.collect(twice);
  harness.stop();
  runtimes.close();
  return facts as Facts; // outcomes hold data of their kind, checked by the harness
}

/** Prints what the checks say. @returns 0 all well, 1 problems, 2 something could not be looked at */
export async function doctor(stateFolder: string, configPath: string, json: boolean): Promise<number> {
  const facts = await lookOnce(stateFolder, configPath);
  const now = Date.now();
  const outcomes = checks.map((check) => ({
    id: check.id,
    title: check.title.en,
    outcome: check.evaluate(facts, now),
  }));
  if (json) process.stdout.write(`${JSON.stringify({ at: now, outcomes, facts }, null, 2)}\n`);
  else for (const { id, title, outcome } of outcomes) process.stdout.write(`${describe(id, title, outcome)}\n`);
  if (outcomes.some(({ outcome }) => outcome.status === "problems")) return 1;
  return outcomes.some(({ outcome }) => outcome.status === "unknown") ? 2 : 0;
}

function describe(id: string, title: string, outcome: ReturnType<(typeof checks)[number]["evaluate"]>): string {
  // Names of containers stand in it, and root reads it on a terminal.
  const line = (mark: string, text: string) => `${mark.padEnd(8)} ${id.padEnd(24)} ${plainLine(text)}`;
  if (outcome.status === "ok") return line("ok", title);
  if (outcome.status === "unknown") return line("unknown", outcome.reason);
  return outcome.problems.map((problem) => line("PROBLEM", problem.message.en)).join("\n");
}
