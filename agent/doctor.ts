// `nodeops-agent doctor`: the console's checks on this node's facts, here and now, without a console. Changes nothing.
import { accessSync, constants, readFileSync } from "node:fs";
import type { Check, Outcome as CheckOutcome } from "../checks/define.ts";
import { checks } from "../checks/index.ts";
import type { FactKind, Facts } from "../protocol/facts.ts";
import type { CollectorContext } from "./collectors/define.ts";
import { Harness, type Outcome } from "./collectors/harness.ts";
import { collectors } from "./collectors/index.ts";
import { KernelLog } from "./collectors/kernel-log.ts";
import { AgentConfig, loadAgentConfig } from "./config.ts";
import { exitCodeOf, type Lang, reportLines, type Said } from "./doctor-text.ts";
import { codeOf } from "./host/errors.ts";
import { bootedAt } from "./host/proc.ts";
import { ProcessTableReader } from "./host/process-table.ts";
import { sleep } from "./host/wait.ts";
import { LogWatch } from "./logs/watch.ts";
import { MemoryFile } from "./memory.ts";
import { ModuleWatch } from "./modules/watch.ts";
import { RuntimeWatch } from "./runtimes/watch.ts";
import { statePaths } from "./state.ts";
import { AGENT_VERSION } from "./version.ts";

/** Kinds that compare two looks, and the time between these, ms. */
const twice: FactKind[] = [
  "resources",
  "processes",
  "runtimes",
  "modules",
  "vm",
  "netstack",
  "blockDevices",
  "startup",
  "containerLogs",
];
const BETWEEN_MS = 2_500;

/** What the agent remembered and what the kernel wrote since; the journal is read back, log files are not. */
function readKernelOnce(memory: MemoryFile, config: AgentConfig, bootId: string): LogWatch {
  memory.data.kernelLog ??= { bootId: "", seq: 0 }; // no agent has run here: all of this boot is read
  const logs = new LogWatch(memory, config, { isOnce: true });
  const kernelLog = new KernelLog(
    memory,
    bootId,
    bootedAt(),
    () => undefined,
    (event) => logs.kernel(event),
  );
  logs.setKernel(kernelLog.start());
  kernelLog.stop();
  return logs;
}

/** The node's own configuration; without the right to read it, as if there were none: the doctor changes nothing that it could forbid. */
function readableConfig(path: string): AgentConfig {
  try {
    accessSync(path, constants.R_OK);
  } catch (err) {
    if (codeOf(err) !== "EACCES") return loadAgentConfig(path);
    process.stderr.write(`${path} may not be read by this user: what it says is left out\n`);
    return AgentConfig.parse({});
  }
  return loadAgentConfig(path);
}

/** Every fact of this node now. */
export async function lookOnce(stateFolder: string, configPath: string): Promise<Facts> {
  const config = readableConfig(configPath);
  const paths = statePaths(stateFolder);
  const memory = new MemoryFile(paths.memory); // read only: nothing is saved here
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const runtimes = new RuntimeWatch();
  const facts: Partial<Record<FactKind, Outcome>> = {};
  const context: CollectorContext = {
    config,
    paths,
    memory,
    logs: readKernelOnce(memory, config, bootId),
    runtimes,
    table: new ProcessTableReader(),
    modules: new ModuleWatch(config, runtimes, memory.data),
    agentVersion: AGENT_VERSION,
    keeps: false,
    bootId,
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

export type DoctorOptions = {
  state: string;
  config: string;
  json: boolean;
  only: string | undefined;
  lang: string | undefined;
};

/** Language of the report: as told, else that of the environment, else English. @throws Error for one that there is not */
export function languageOf(told: string | undefined, env: Readonly<Record<string, string | undefined>>): Lang {
  const text = told ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? "";
  if (/^zh\b|^zh_/i.test(text)) return "zh";
  if (told !== undefined && !/^en\b|^en_/i.test(told)) throw new UsageError(`there is no language ${told}: en or zh`);
  return "en";
}

/** The checks that were asked for, by comma-separated ids. @throws UsageError for one that there is not */
export function chosenChecks(only: string | undefined): readonly Check[] {
  if (only === undefined) return checks;
  const ids = only.split(",").filter(Boolean);
  const wrong = ids.find((id) => !checks.some((check) => check.id === id));
  if (wrong !== undefined || ids.length === 0) throw new UsageError(`there is no check "${wrong ?? only}"`);
  return checks.filter((check) => ids.includes(check.id));
}

/** The call was wrong. */
export class UsageError extends Error {}

/** What all checks say of these facts; a check is told to follow from another that it depends on and that has a problem itself. */
export function sayAll(chosen: readonly Check[], facts: Facts, now: number): Said[] {
  const outcomes = new Map<string, CheckOutcome>(checks.map((check) => [check.id, check.evaluate(facts, now)]));
  return chosen.map((check) => {
    const { id, title, severity, suggestion, dependsOn = [] } = check;
    const outcome = outcomes.get(id) ?? { status: "unknown", reason: "not asked" };
    const causes = dependsOn.filter((cause) => outcomes.get(cause)?.status === "problems");
    return { id, title, severity, suggestion, outcome, causes };
  });
}

/**
 * Prints what the checks say of this node now.
 * @returns 0 all well, 1 warnings, 2 something critical, 3 nothing found but not everything could be looked at
 */
export async function doctor({ state, config, json, only, lang }: DoctorOptions): Promise<number> {
  const language = languageOf(lang, process.env);
  const chosen = chosenChecks(only);
  const facts = await lookOnce(state, config);
  const now = Date.now();
  const said = sayAll(chosen, facts, now);
  const code = exitCodeOf(said);
  const text = json
    ? JSON.stringify({ at: now, exitCode: code, outcomes: said, facts }, null, 2)
    : reportLines(said, language).join("\n");
  await new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));
  return code;
}
