// `./nodeops bench detect`: how soon a node that was killed, froze or was cut off is said not to report, and what is wrongly said under loss or by a gateway that stood still.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DetectFound, DetectOptions } from "./detect/run.ts";
import { add, emptySpread, type Quantiles, quantiles } from "./fleet/spread.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import type { Figure, Group, Report } from "./report.ts";

export type { DetectOptions };

/** Stands at the top of the JSON; milliseconds, null where nothing was measured. */
export type DetectFigures = {
  killedMs: Quantiles | null;
  frozenMs: Quantiles | null;
  cutOffMs: Quantiles | null;
  /** Said of nodes that were there: under loss, and after the gateway stood still. */
  falseNotReporting: number | null;
  falseUnderLoss: number | null;
  falseAfterStop: number | null;
  repairs: number | null;
  serf: { killedMs: Quantiles | null; frozenMs: Quantiles | null; falseFailed: number | null } | null;
};

/** A network namespace of its own: packets are dropped there, and its addresses and ports are nobody else's. */
const NAMESPACE = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

export async function measureDetect(
  options: DetectOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report & DetectFigures> {
  const about = { at: new Date().toISOString(), commit: await commitName(), machine: await describeMachine(tmpdir()) };
  const load = watchLoad();
  const found = await runInside(options, say, signal);
  const spreadOf = (all: readonly { name: string; times: number[] }[], name: string) => {
    const spread = emptySpread();
    for (const time of all.find((one) => one.name === name)?.times ?? []) add(spread, time);
    return quantiles(spread);
  };
  const serf = "skipped" in found.serf ? null : found.serf;
  const figures: DetectFigures = {
    killedMs: spreadOf(found.noticed, "killed"),
    frozenMs: spreadOf(found.noticed, "frozen"),
    cutOffMs: spreadOf(found.noticed, "cut off"),
    falseNotReporting: found.wrong && found.wrong.underLoss + found.wrong.afterStop,
    falseUnderLoss: found.wrong?.underLoss ?? null,
    falseAfterStop: found.wrong?.afterStop ?? null,
    repairs: found.wrong?.repairs ?? null,
    serf: serf && {
      killedMs: spreadOf(serf.noticed, "killed"),
      frozenMs: spreadOf(serf.noticed, "frozen"),
      falseFailed: serf.wrong,
    },
  };
  const machine = { ...about.machine, ...(serf ? { serf: serf.version } : {}) };
  const groups = groupsOf(found, load());
  return { ...figures, ...about, machine, bench: "detect", settings: { ...options }, groups };
}

/** In a namespace when there can be one. @throws Error when it fails there */
function runInside(options: DetectOptions, say: (text: string) => void, signal: AbortSignal): Promise<DetectFound> {
  const hasNamespace =
    process.getuid?.() === 0 && ["/usr/bin/unshare", "/usr/sbin/iptables", "/usr/sbin/ip"].every(existsSync);
  const node = [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    join(import.meta.dirname, "detect/inside.ts"),
  ];
  const [program = "", ...args] = hasNamespace ? [...NAMESPACE, ...node] : node;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
    const onAbort = () => child.kill("SIGTERM");
    signal.addEventListener("abort", onAbort, { once: true });
    child.on("message", (message: { found: DetectFound } | { failed: string }) => {
      if ("found" in message) resolve(message.found);
      else reject(new Error(message.failed));
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      signal.removeEventListener("abort", onAbort);
      reject(signal.aborted ? signal.reason : new Error(`bench detect ended with ${code}`));
    });
    child.send({ ...options, hasNamespace });
    say(hasNamespace ? "in a network namespace of its own" : "no network namespace can be made here");
  });
}

function groupsOf({ noticed, wrong, nodeHours, serf, skipped }: DetectFound, load: Group["load"]): Group[] {
  const rows = (all: readonly { name: string; times: number[] }[]): Figure[] =>
    all.map(({ name, times }) => ({ name, unit: "ms", samples: times.map(Math.round), note: p99Of(times) }));
  const missedOf = (all: readonly { name: string; missed: number }[]) =>
    all.flatMap(({ name, missed }) => (missed > 0 ? [`${name}: ${missed} were never noticed`] : []));
  const wrongs: Figure[] = wrong
    ? [
        {
          name: "falsely not reporting under loss",
          unit: "count",
          samples: [wrong.underLoss],
          note: `in ${nodeHours.toFixed(1)} node hours`,
        },
        { name: "falsely not reporting after the gateway stood still", unit: "count", samples: [wrong.afterStop] },
        { name: "repairs started", unit: "count", samples: [wrong.repairs] },
      ]
    : [];
  const falsely = wrong ? wrong.underLoss + wrong.afterStop : 0;
  const failures = [
    ...missedOf(noticed),
    ...(falsely > 0 ? [`${falsely} nodes were falsely called not reporting`] : []),
    ...(wrong && wrong.repairs > 0 ? [`${wrong.repairs} repairs were started`] : []),
  ];
  const [reason] = skipped;
  const ours: Group = {
    title: "until a node is said not to report",
    figures: [...rows(noticed), ...wrongs],
    failures,
    load,
  };
  const peer: Group =
    "skipped" in serf
      ? { title: "serf", figures: [], skipped: serf.skipped, failures: [] }
      : {
          title: "serf, until its first member says failed",
          figures: [
            ...rows(serf.noticed),
            ...(serf.wrong === null ? [] : [{ name: "falsely failed", unit: "count" as const, samples: [serf.wrong] }]),
          ],
          failures: [],
        };
  const left: Group[] = reason ? [{ title: "not tried", figures: [], skipped: reason, failures: [] }] : [];
  return [ours, peer, ...left];
}

/** p99 by rank: with fewer than a hundred samples the largest. */
function p99Of(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1];
  return p99 === undefined ? "" : `p99 ${(p99 / 1_000).toFixed(2)} s`;
}
