// `./nodeops bench ingest`: heartbeats at saturation through the gateway's own sessions, over TLS and without, and etcd's Put and lease keep-alive in turns with them.
import { tmpdir } from "node:os";
import { type Etcd, findEtcd, startEtcd } from "./ingest/etcd.ts";
import type { Transport } from "./ingest/messages.ts";
import { type Ours, startOurs, type Taken } from "./ingest/ours.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, median, type Report } from "./report.ts";

export type IngestOptions = {
  /** Sessions of each transport, one node each. */
  sessions: number;
  seconds: number;
  rounds: number;
  /** Heartbeats ahead of their answer in the runs that are acknowledged cumulatively. */
  window: number;
  /** The program, when it is not in PATH. */
  etcd?: string;
  /** A CPU profile of the gateway goes there. */
  profile?: string;
};

/** Stands at the top of the JSON; medians, per second. Null: not measured. */
export type IngestFigures = {
  sessions: number;
  heartbeatsPerSecond: Record<string, number>;
  heartbeatsPerServerCpuSecond: Record<string, number>;
  etcdPutPerSecond: number | null;
  etcdKeepAlivePerSecond: number | null;
  ratioToPut: number | null;
  ratioToKeepAlive: number | null;
  lost: number;
};

type Series = { name: string; transport: Transport; window: number; taken: Taken[] };

/** Starts all of it, measures in turns, ends all of it – also when it throws. */
export async function measureIngest(
  options: IngestOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report & IngestFigures> {
  const about = { at: new Date().toISOString(), commit: await commitName(), machine: await describeMachine(tmpdir()) };
  const found = await findEtcd(options.etcd);
  say("database, gateway, sessions …");
  const ours = await startOurs(options.sessions, signal, options.profile);
  const etcd = found ? await startEtcd(found).catch((err) => ours.stop().then(() => Promise.reject(err))) : null;
  try {
    const load = watchLoad();
    const taken = await inTurns(ours, etcd, options, say, signal);
    return report({ about, options, etcdVersion: found?.version ?? null, ...taken, load: load() });
  } finally {
    say("ending everything …");
    await etcd?.stop();
    await ours.stop();
  }
}

async function inTurns(
  ours: Ours,
  etcd: Etcd | null,
  { seconds, rounds, window }: IngestOptions,
  say: (text: string) => void,
  signal: AbortSignal,
) {
  const ms = seconds * 1_000;
  const series: Series[] = [
    { name: "TLS, each answered", transport: "tls", window: 1, taken: [] },
    { name: `TLS, ${window} ahead, answered together`, transport: "tls", window, taken: [] },
    { name: "plaintext, each answered", transport: "plain", window: 1, taken: [] },
    { name: `plaintext, ${window} ahead, answered together`, transport: "plain", window, taken: [] },
  ];
  const [puts, keepAlives]: [Taken[], Taken[]] = [[], []];
  for (const one of series) await ours.run({ ...one, ms: 1_000 }); // warm
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds} …`);
    for (const one of series) {
      signal.throwIfAborted();
      one.taken.push(await ours.run({ transport: one.transport, window: one.window, ms }));
    }
    if (!etcd) continue;
    puts.push(await etcd.put(ms));
    keepAlives.push(await etcd.keepAlive(ms));
  }
  return { series, puts, keepAlives };
}

const rate = ({ acked, ms }: Taken): number => Math.round(acked / (ms / 1_000));
const perCpu = ({ acked, serverMs }: Taken): number => Math.round(acked / (serverMs / 1_000));
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
const middle = (taken: readonly Taken[], of: (one: Taken) => number): number => Math.round(median(taken.map(of)));
const round1 = (value: number): number => Math.round(value * 10) / 10;

function figuresOf(name: string, taken: readonly Taken[], note = ""): Figure[] {
  const all = taken.flatMap(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const figure = (what: string, unit: Figure["unit"], samples: number[], about = ""): Figure => ({
    name: `${name}: ${what}`,
    unit,
    samples,
    note: about,
  });
  return [
    figure("a second", "count", taken.map(rate), note),
    figure("per CPU second of the server", "count", taken.map(perCpu)),
    figure("answer p50", "ms", [at(all, 0.5)]),
    figure("answer p99", "ms", [at(all, 0.99)]),
    figure(
      "server",
      "cores",
      taken.map(({ serverMs, ms }) => serverMs / ms),
    ),
    figure(
      "load beside it",
      "cores",
      taken.map(({ loadMs, ms }) => loadMs / ms),
    ),
  ];
}

function report(input: {
  about: Pick<Report, "at" | "commit" | "machine">;
  options: IngestOptions;
  etcdVersion: string | null;
  series: Series[];
  puts: Taken[];
  keepAlives: Taken[];
  load: Group["load"];
}): Report & IngestFigures {
  const { about, options, etcdVersion, series, puts, keepAlives, load } = input;
  const { sessions, seconds, rounds, window } = options;
  const lost = series.flatMap(({ taken }) => taken).reduce((sum, one) => sum + one.lost, 0);
  const unapplied = series.flatMap(({ taken }) => taken).filter(({ acked, applied }) => applied < acked).length;
  const failures = [
    ...(lost > 0 ? [`${lost} heartbeats without an answer, or sessions lost`] : []),
    ...(unapplied > 0 ? [`in ${unapplied} runs more was acknowledged than the gateway counted`] : []),
  ];
  const [put, keepAlive] = [puts, keepAlives].map((taken) => (taken.length > 0 ? middle(taken, rate) : null));
  const each = series[0] ? middle(series[0].taken, rate) : 0;
  const groups: Group[] = [
    { title: "gateway", figures: series.flatMap((one) => figuresOf(one.name, one.taken)), failures, load },
    etcdVersion
      ? {
          title: `${etcdVersion}, in turns with it`,
          figures: [
            ...figuresOf("Put of 320 bytes", puts, "64 in flight; each is forced to the disk"),
            ...figuresOf("lease keep-alive", keepAlives, "in memory, as our heartbeats are"),
          ],
          failures: [],
        }
      : { title: "etcd", figures: [], failures: [], skipped: "no etcd in PATH; --etcd names the program" },
  ];
  return {
    bench: "ingest",
    ...about,
    machine: { ...about.machine, etcd: etcdVersion ?? "none" },
    settings: { sessions, seconds, rounds, window },
    sessions,
    heartbeatsPerSecond: Object.fromEntries(series.map((one) => [one.name, middle(one.taken, rate)])),
    heartbeatsPerServerCpuSecond: Object.fromEntries(series.map((one) => [one.name, middle(one.taken, perCpu)])),
    etcdPutPerSecond: put ?? null,
    etcdKeepAlivePerSecond: keepAlive ?? null,
    ratioToPut: put ? round1(each / put) : null,
    ratioToKeepAlive: keepAlive ? round1(each / keepAlive) : null,
    lost,
    groups,
  };
}
