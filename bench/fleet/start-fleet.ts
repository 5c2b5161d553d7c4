// A console of its own and a simulated fleet on it, every node connected and inspected once: where `bench fleet` and `bench storm` begin.
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { agentBundle } from "../../server/agents/bundle.ts";
import { createJoinTokenWith } from "../../server/agents/create-join-token.ts";
import { systemActor } from "../../server/core/context.ts";
import { openDatabase } from "../../server/core/db.ts";
import { loadTrust } from "../../server/trust/document.ts";
import { Generators } from "./generators.ts";
import { Observer } from "./observe.ts";
import { buildHosts, type FleetStack, startFleetStack } from "./stack.ts";

export type FleetOptions = {
  nodes: number;
  /** Seconds between heartbeats, and of the measurement. */
  interval: number;
  duration: number;
  gateways: number;
  seed: number;
  /** Nodes that enrol over the wire; the others get their certificates from the same CA code in bulk. */
  enrol: number;
  /** New connections a second at most. */
  rate: number;
  /** Folder for CPU profiles of gateways, workers and dispatcher, and for the dearest statements. */
  profile?: string;
};

export type Fleet = {
  stack: FleetStack;
  generators: Generators;
  observer: Observer;
  /** Keys and certificates: time of all and of those over the wire, ms. */
  prepared: { ms: number; byToken: number; enrolMs: number };
  /** Until the last one had all its facts stored. */
  connectMs: number;
  settled: { seconds: number; uninspected: number };
};

/** What starting left to do must be done before anything is measured, s; else it is said what was not. */
const SETTLE_MAX_S = 300;
/** Agents of one gateway between connecting and having all their facts stored. */
const IN_FLIGHT = 64;
/** Nodes that one join token lets in at most. */
const TOKEN_USES = 1_000;
const TELL_EVERY_MS = 10_000;

/** Starts it, lets `measure` have it, and ends everything again, also when something throws. */
export async function withFleet<T>(
  options: FleetOptions,
  say: (text: string) => void,
  signal: AbortSignal,
  measure: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  if (options.profile) mkdirSync(options.profile, { recursive: true });
  say("building what changed, starting database, gateways, workers …");
  await buildHosts();
  signal.throwIfAborted();
  const stack = await startFleetStack({ gateways: options.gateways, profileDir: options.profile });
  const generators = new Generators(options.nodes);
  const observer = new Observer(stack.databaseUrl);
  try {
    const prepared = await prepare(options, { stack, generators }, say, signal);
    const connectMs = await connect(options.nodes, generators, say, signal);
    say(`connected within ${Math.round(connectMs / 1_000)} s; letting the workers catch up …`);
    const settled = await settle(observer, signal);
    return await measure({ stack, generators, observer, prepared, connectMs, settled });
  } finally {
    say("ending everything …");
    await generators.stop();
    await observer.close();
    await stack.down();
  }
}

/** Keys and certificates of all, some of them over the wire. */
async function prepare(
  { nodes, interval, duration, gateways, seed, enrol, rate }: FleetOptions,
  { stack, generators }: Pick<Fleet, "stack" | "generators">,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Fleet["prepared"]> {
  const byToken = Math.min(enrol, nodes, TOKEN_USES);
  say(`keys and certificates for ${nodes} nodes, ${byToken} of them enrolled over the wire …`);
  const begin = performance.now();
  const shares = {
    seed,
    nodes,
    intervalMs: interval * 1_000,
    durationMs: duration * 1_000,
    gateways: stack.gateways.map(({ port }) => `https://127.0.0.1:${port}`),
    dataDir: stack.dataDir,
    databaseUrl: stack.databaseUrl,
    token: await makeToken(stack, Math.max(1, byToken)),
    connectsPerSecond: rate,
    inFlight: IN_FLIGHT * gateways,
  };
  const all = await generators.prepare(shares, byToken, signal);
  const refused = all.find((one) => one.refused !== null)?.refused;
  if (refused) throw new Error(`enrolment over the wire: ${refused}`);
  return { ms: performance.now() - begin, byToken, enrolMs: Math.max(...all.map(({ enrolMs }) => enrolMs)) };
}

async function makeToken({ databaseUrl, dataDir }: FleetStack, maxUses: number): Promise<string> {
  const database = openDatabase(databaseUrl, { name: "bench", poolMax: 2 });
  try {
    const create = createJoinTokenWith({ trust: loadTrust(dataDir), bundle: agentBundle() });
    const ctx = { db: database.prisma, actor: systemActor("bench"), now: () => new Date(), requestId: "bench" };
    return (await create.call(ctx, { maxUses, note: "bench" })).token;
  } finally {
    await database.close();
  }
}

function connect(nodes: number, generators: Generators, say: (text: string) => void, signal: AbortSignal) {
  say(`connecting ${nodes} nodes …`);
  let toldAt = performance.now();
  const tell = (live: number, stored: number) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    say(`  ${live} connected, facts of ${stored} stored`);
  };
  return generators.connect(tell, signal);
}

/** Waits until every node has been inspected once. */
async function settle(observer: Observer, signal: AbortSignal): Promise<Fleet["settled"]> {
  const begin = performance.now();
  for (;;) {
    const uninspected = await observer.uninspected();
    const seconds = (performance.now() - begin) / 1_000;
    if (uninspected === 0 || seconds > SETTLE_MAX_S) return { seconds, uninspected };
    await sleep(1_000, undefined, { signal });
  }
}
