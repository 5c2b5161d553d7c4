// The judge's place in the loop: what the nodes of a wave and their controls went through since the last look becomes a window, the pure judge says what it
// thinks of it, and that goes to the engine as an event. It reads the fleet and writes its own notes, nothing else.
import { parseChange } from "../../changes/list.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { HardSignal, NodeReading, SignalWindow, Verdict, Window } from "../../judge/sequential/types.ts";
import { hasChanged } from "../../rollout/counts.ts";
import type { Event } from "../../rollout/types.ts";
import { toJson } from "../core/audit.ts";
import { readArms, type Watched } from "./arms.ts";
import { contrast } from "./contrast.ts";
import { judgeWindow, type Kept } from "./judges.ts";
import { lookSignals } from "./look.ts";
import { readInputs, type Seen, storeReadings } from "./readings.ts";
import type { Loaded } from "./rows.ts";
import { hardSignal, type NodeWindow, nodeWindow, signals } from "./signals.ts";

/** With more changed nodes than this a single critical finding is one more event for the tests: among many nodes one falls ill in any hour. Editorial. */
const HARD_NODES_MAX = 20;
/**
 * With so few changed nodes their lasting habits – a slower disk, a restless application – look like harm to any test: only events are counted then, ten
 * times as much evidence is asked for, and jumps are told by contrast.ts. Measured on harmless traces of uneven nodes: 3–30 % false alarms without.
 */
const FEW_CANARIES = 2;
/** Time ahead of the change that is enough to know nodes by, ms; from then on it is not looked before the start. Editorial. */
const BEFORE_MAX_MS = 24 * 3_600_000;

/** Events for the engine: the verdict on the wave. Never throws: what goes wrong here is no verdict, and silence pauses. */
export async function judgeWave(db: PrismaClient, rollout: Loaded, wave: number, now: Date): Promise<Event[]> {
  try {
    return await look(db, rollout, wave, now);
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    console.warn(
      JSON.stringify({ level: "warn", msg: "the judge could not look", rollout: rollout.id, wave, err: why }),
    );
    return [];
  }
}

async function look(db: PrismaClient, rollout: Loaded, wave: number, now: Date): Promise<Event[]> {
  const { id, seed, policy } = rollout;
  const arms = await readArms(db, { id, seed, controlsMax: policy.judge.controlsMax }, wave);
  if (arms === null) return []; // nobody is left
  const { watched, isBefore } = arms;
  const stored = rollout.judge as Kept | null; // written by us
  const kept = stored?.wave === wave ? stored : null;
  const at = now.getTime();
  if (isBefore && kept && !kept.isBefore) return []; // what was changed is on its way back: what is there now is nobody's past
  const change = parseChange(rollout.change);
  if ("error" in change) throw new Error(change.error);
  const modules = change.definition.touchesModules(change.params);
  const seen = await readInputs(db, { rolloutId: id, watched, modules, since: kept?.at ?? null }, now);
  const windows = new Map(seen.map((one) => [one.node.id, nodeWindow(one.input)]));
  const canaries = seen.filter(({ node }) => node.arm === "canary");
  const ran = isBefore
    ? []
    : canaries.map(({ input, begunAt }) => change.definition.pathRan(change.params, input.facts, begunAt));
  const isFew = canaries.length <= FEW_CANARIES;
  const minPathRan = ran.some((one) => one !== null) ? 1 : 0;
  const hasLooked = kept !== null && !kept.isBefore;
  const { hard, streaks, usual } = contrast({ seen, windows, streaks: kept?.streaks ?? {}, usual: kept?.usual ?? {} });
  const window: Window = {
    at,
    lengthMs: Math.min(at - (kept?.at ?? at - policy.judgeEveryMs), 2 * policy.judgeEveryMs),
    phase: isBefore ? "before" : "after",
    signals: signalWindows(seen, windows),
    hard: isBefore ? [] : [...hardSignals(seen), ...hard],
    pathRan: ran.filter((one) => one !== false).length,
    expected: countArms(seen, () => true),
    stale: countArms(seen, ({ node }) => (windows.get(node.id)?.exposureMs ?? 0) === 0 && hasLooked),
  };
  const judged = judgeWindow(policy, stored, wave, window, {
    isSoakOver: isSoakOver(rollout, wave),
    minPathRan,
    isFew,
  });
  const next: Kept = { wave, at, ...judged.kept, usual, ...(isBefore ? { isBefore } : { streaks }) };
  if (isBefore) {
    await keep(db, rollout, next, { said: null, seen, windows, now });
    return [];
  }
  const said = soften(judged.said, seen);
  await keep(db, rollout, next, { said, seen, windows, now });
  const dataAt = Math.max(...canaries.map(({ confirmedAt }) => confirmedAt));
  return [{ type: "judged", at, wave, verdict: said.verdict, why: said.reason, dataAt }];
}

/**
 * Ahead of the change: a wave's nodes and their controls as they are without it, so that each is compared with its own past. From the plan on, as often as a
 * rollout that waits is looked at. Never throws: without it the judge is more careful, that is all.
 */
export async function watchBefore(db: PrismaClient, rollout: Loaded, now: Date): Promise<void> {
  const { state, policy, createdAt, origin } = rollout;
  const isAhead = state.phase === "planned" || state.phase === "approved";
  const wave = isAhead ? 0 : state.phase === "running" ? state.wave : null;
  const present = wave === null ? undefined : state.waves[wave];
  if (wave === null || !present || hasChanged(present) || origin === "single" || policy.judge.controlsMax === 0) return;
  const kept = rollout.judge as Kept | null; // written by us
  const sinceLook = kept?.wave === wave ? now.getTime() - kept.at : Number.POSITIVE_INFINITY;
  const isLong = isAhead && now.getTime() - createdAt.getTime() > BEFORE_MAX_MS;
  if (sinceLook >= policy.judgeEveryMs && !isLong) await judgeWave(db, rollout, wave, now);
}

function isSoakOver({ state, policy }: Loaded, wave: number): boolean {
  const soakedMs = state.waves[wave]?.soakedMs ?? 0;
  // The engine counts once more when it hears the verdict.
  return state.stage === "soak" && state.wave === wave && soakedMs + policy.judgeEveryMs / 2 >= policy.soakMs;
}

/** What is only not there yet is waited for (the engine ends it after twice the soak); without controls nobody but a person can say that it is good. */
function soften(said: Verdict, seen: readonly Seen[]): Verdict {
  const hasControls = seen.some(({ node }) => node.arm === "control");
  if (said.verdict === "pass" && !hasControls) return { ...said, verdict: "inconclusive", reason: NO_CONTROLS };
  const { rule } = said.decided;
  const isMissing = rule === "too-little" || rule === "path-not-seen" || rule === "no-data" || rule === "incomplete";
  if (said.verdict !== "inconclusive" || !isMissing) return said;
  if (!hasControls && rule === "incomplete") return { ...said, verdict: "wait", reason: NO_CONTROLS };
  return { ...said, verdict: "wait" };
}
const NO_CONTROLS = {
  en: "There is no node left to compare with; no hard signal was seen. A person decides.",
  zh: "没有可供对照的节点；未见硬性信号。请人工决定。",
};

const countArms = (seen: readonly Seen[], is: (one: Seen) => boolean) => ({
  canary: seen.filter((one) => one.node.arm === "canary" && is(one)).length,
  control: seen.filter((one) => one.node.arm === "control" && is(one)).length,
});

/** Node by node into signal by signal. */
function signalWindows(seen: readonly Seen[], windows: ReadonlyMap<string, NodeWindow>): SignalWindow[] {
  return signals.map(({ id, kind }) => {
    const arms: SignalWindow["arms"] = { canary: [], control: [] };
    for (const { node } of seen) {
      const window = windows.get(node.id);
      const reading = window && readingOf(node, id, kind, window);
      if (reading) arms[node.arm] = [...arms[node.arm], reading];
    }
    return { id, kind, arms };
  });
}

function readingOf(node: Watched, id: string, kind: string, window: NodeWindow): NodeReading | null {
  const at = { node: node.id, domain: node.domain };
  if (kind === "event") {
    const events = window.events[id] ?? 0;
    return window.exposureMs > 0 || events > 0 ? { ...at, exposure: window.exposureMs / 1_000, events } : null;
  }
  if (kind === "rate") {
    const rate = window.rates[id];
    return rate ? { ...at, exposure: rate.total, events: rate.failed } : null;
  }
  if (kind === "latency") {
    const values = window.latencies[id];
    return values ? { ...at, values } : null;
  }
  const value = window.gauges[id];
  return value === undefined ? null : { ...at, value };
}

function hardSignals(seen: readonly Seen[]): HardSignal[] {
  if (seen.filter(({ node }) => node.arm === "canary").length > HARD_NODES_MAX) return [];
  return seen.flatMap(({ node, input }) => {
    const hard = hardSignal(input);
    if (!hard) return [];
    const { name, domain, arm, wasWell } = node;
    return [{ id: hard.id, node: name, domain, arm, wasWell: wasWell || hard.isNew, what: hard.what }];
  });
}

type Noted = { said: Verdict | null; seen: readonly Seen[]; windows: ReadonlyMap<string, NodeWindow>; now: Date };

async function keep(db: PrismaClient, { id }: Loaded, kept: Kept, { said, seen, windows, now }: Noted): Promise<void> {
  const dataAt = new Date(Math.max(...seen.map(({ confirmedAt }) => confirmedAt)));
  await db.$transaction(async (tx) => {
    await storeReadings(tx, id, seen, windows, now);
    if (said)
      await tx.rolloutLook.upsert({
        where: { rolloutId_wave_at: { rolloutId: id, wave: kept.wave, at: now } },
        create: {
          rolloutId: id,
          wave: kept.wave,
          at: now,
          dataAt,
          verdict: said.verdict,
          reason: toJson(said.reason),
          signals: toJson(lookSignals(said.signals, seen, windows)),
        },
        update: {},
        select: { at: true },
      });
    await tx.rollout.update({ where: { id }, data: { judge: toJson(kept) }, select: { id: true } });
  });
}
