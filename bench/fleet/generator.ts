// A generator process of `bench fleet`: holds a part of the simulated fleet and does with it what the bench says (messages.ts). Started with fork().
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { PATIENCE_MS } from "../../gateway/liveness.ts";
import { loadTrust } from "../../server/trust/document.ts";
import { random } from "../judge-traces.ts";
import { SimulatedAgent } from "./agent.ts";
import { enrolByToken, type Issued, insertRows, issueInBulk } from "./enrol.ts";
import type { FromGenerator, GeneratorSettings, ToGenerator } from "./messages.ts";
import {
  beatAt,
  beatOrder,
  dueAt,
  dueBy,
  FACTS_CHANGED_PER_MINUTE,
  KERNEL_EVENTS_PER_HOUR,
  lifeOf,
  wasAway,
} from "./plan.ts";
import { makeTemplates } from "./templates.ts";
import { emptyTally, epochNow, type World } from "./world.ts";

/** How often what is due is looked for, ms. */
const TICK_MS = 5;
/** Rows of nodes written at once. */
const ROWS = 100;
/** After the measurement, answers are waited for this long, ms. */
const ANSWERS_MS = 5_000;

const say = (message: FromGenerator): void => void process.send?.(message);

let agents: SimulatedAgent[] = [];
let world: World;
let settings: GeneratorSettings;
let pool: pg.Pool;
let bulk: Issued[] = [];
let stored = 0;

async function prepare(given: GeneratorSettings): Promise<void> {
  settings = given;
  const trust = loadTrust(settings.dataDir)();
  world = {
    templates: makeTemplates(Date.now()),
    cas: trust.content.cas,
    localAddress: settings.localAddress,
    intervalMs: settings.intervalMs,
    measured: { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    tally: emptyTally(),
    onStored: () => {
      stored += 1;
    },
    isStopping: false,
  };
  pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 2 });
  agents = Array.from({ length: settings.count }, (_, i) => newAgent(settings.first + i));
  const [byToken, others] = [agents.slice(0, settings.byToken), agents.slice(settings.byToken)];
  const begin = performance.now();
  const refused = await enrolByToken(byToken, settings.gateways[0] ?? "", settings.token).then(
    () => null,
    (err: unknown) => String(err),
  );
  const enrolMs = performance.now() - begin;
  bulk = await issueInBulk(others, settings.dataDir, trust);
  const keysMs = performance.now() - begin - enrolMs;
  say({ type: "prepared", keysMs, enrolMs, enrolled: byToken.length, refused });
}

function newAgent(number: number): SimulatedAgent {
  const hex = number.toString(16).padStart(12, "0");
  const own = {
    name: `sim-${number}`,
    machineId: `5e5e5e5e5e5e5e5e5e5e${hex}`,
    bootId: `5e5e5e5e-0000-4000-8000-${hex}`,
    address: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
  };
  const gateway = settings.gateways[number % settings.gateways.length] ?? "";
  return new SimulatedAgent(world, number, gateway, lifeOf(number, settings), own);
}

/** Connects all, as fast as allowed: a bounded rate, and few between connecting and stored. Resolves when all are stored. */
async function connectAll(): Promise<void> {
  const begin = performance.now();
  const byNumber = new Map(bulk.map((issued) => [issued.agent, issued]));
  const report = setInterval(() => say({ type: "progress", live: live(), stored }), 2_000);
  for (let from = 0; from < agents.length; from += ROWS) {
    const part = agents.slice(from, from + ROWS);
    await insertRows(
      pool,
      part.flatMap((agent) => byNumber.get(agent) ?? []),
    );
    for (const [i, agent] of part.entries()) {
      const number = from + i;
      while (
        number - stored >= settings.inFlight ||
        number >= dueBy(settings.connectsPerSecond, performance.now() - begin) + 1
      )
        await sleep(TICK_MS);
      agent.start();
    }
  }
  bulk = [];
  while (stored < agents.length) await sleep(20);
  clearInterval(report);
  say({ type: "connected", ms: performance.now() - begin });
}

const live = (): number => agents.reduce((sum, agent) => sum + (agent.isLive ? 1 : 0), 0);

/** Everything that comes with time, from now on until the end. */
function run(): void {
  const begin = epochNow();
  const phases = agents.map(({ life }) => life.phaseMs);
  const order = beatOrder(phases);
  const choose = random(settings.seed * 31 + settings.first);
  const anyOf = <T>(items: readonly T[]): T => items[Math.floor(choose() * items.length)] as T; // never asked for an empty list
  const { kinds, moving } = world.templates;
  const changesPerSecond = (agents.length * kinds.length * FACTS_CHANGED_PER_MINUTE) / 60;
  const linesPerSecond = (agents.length * KERNEL_EVENTS_PER_HOUR) / 3_600;
  const next = { beat: 0, change: 0, line: 0 };
  setInterval(() => {
    const now = epochNow();
    for (;;) {
      const intended = begin + beatAt(next.beat, order, phases, settings.intervalMs);
      if (intended > now) break;
      agents[order[next.beat % order.length] ?? 0]?.beat(intended, now);
      next.beat += 1;
    }
    for (; next.change < dueBy(changesPerSecond, now - begin); next.change += 1)
      anyOf(agents).change(anyOf(moving), begin + dueAt(next.change, changesPerSecond));
    for (; next.line < dueBy(linesPerSecond, now - begin); next.line += 1)
      anyOf(agents).logKernelLine(begin + dueAt(next.line, linesPerSecond));
  }, TICK_MS);
}

function measure(from: number): void {
  world.tally = emptyTally();
  world.measured = { from, to: from + settings.durationMs };
  const at = (ms: number, act: () => void) => setTimeout(act, Math.max(0, from + ms - epochNow()));
  for (const agent of agents) {
    const { failsAtMs, rebootsAtMs, awayMs } = agent.life;
    if (failsAtMs !== null)
      at(failsAtMs, () => {
        world.tally.failed += 1;
        agent.leave(null);
      });
    if (rebootsAtMs !== null)
      at(rebootsAtMs, () => {
        world.tally.rebooted += 1;
        agent.leave(awayMs);
      });
  }
}

async function finish(): Promise<void> {
  await sleep(ANSWERS_MS);
  say({ type: "finished", tally: world.tally, live: live() });
}

/** How many of these marks were made of a node that had not been away for long enough, or had never been there. */
function wronglyMarked(marks: Extract<ToGenerator, { type: "judge" }>["marks"]): number {
  return marks.filter(({ node, at }) => {
    const agent = agents[node - settings.first];
    if (!agent) return false; // another process's
    const before = { from: Number.NEGATIVE_INFINITY, to: agent.firstLiveAt };
    return !wasAway([before, ...agent.absences], at, PATIENCE_MS.cut);
  }).length;
}

async function stop(): Promise<void> {
  world.isStopping = true;
  for (const agent of agents) agent.end();
  await pool.end();
  process.exit(0);
}

async function handle(message: ToGenerator): Promise<void> {
  switch (message.type) {
    case "prepare":
      return prepare(message.settings);
    case "connect":
      run();
      return connectAll();
    case "measure":
      return measure(message.from);
    case "count":
      return say({ type: "counted", live: live() });
    case "welcomes":
      return say({ type: "welcomed", at: agents.filter(({ isLive }) => isLive).map(({ liveAt }) => liveAt) });
    case "finish":
      return finish();
    case "judge":
      return say({ type: "judged", wrong: wronglyMarked(message.marks) });
    case "stop":
      return stop();
  }
}

process.on("message", (message: ToGenerator) => {
  handle(message).catch((err: unknown) =>
    say({ type: "failed", message: err instanceof Error ? (err.stack ?? err.message) : String(err) }),
  );
});
process.on("disconnect", () => process.exit(0)); // the bench is gone
