// Runs whole rollouts against a simulated fleet, from one seed: crashes, lost and doubled messages, clock jumps, sick nodes, people. Every invariant is asked
// after every step. The same seed gives the same log, bit for bit.
import { hash53 } from "./hash.ts";
import { invariants } from "./invariants.ts";
import type { Happening } from "./simulate/agents.ts";
import { judge } from "./simulate/chance.ts";
import { begins, happen } from "./simulate/happenings.ts";
import { type Outside, transact } from "./simulate/host.ts";
import { makeWorld } from "./simulate/make.ts";
import { createQueue } from "./simulate/queue.ts";
import { observe } from "./simulate/truth.ts";
import { between, chance, clock, type SimRollout, type World } from "./simulate/world.ts";
import { create, isFinal, step } from "./step.ts";
import type { Event, Moved, Phase } from "./types.ts";

export type SimulateOptions = {
  /** Nodes of the fleet; null: a few, by chance. */
  nodes?: number | null;
  /** True time after which it ends, ms. */
  untilMs?: number;
  /** Keeps the log's lines; its hash is made in any case. */
  isLogged?: boolean;
};

export type Simulated = {
  outcome: { phases: Phase[]; logHash: string; steps: number; incidents: number; simulatedMs: number };
  log: string[];
  /** Invariants that did not hold: id, when and where. Empty in a correct engine. */
  violations: { id: string; title: string; at: number; detail: string }[];
};

const HOUR = 3_600_000;

/** One simulated world from its beginning to its end. Pure: `seed` and `options` decide everything. */
export function simulate(seed: number, options: SimulateOptions = {}): Simulated {
  const { nodes = null, untilMs = 30 * HOUR, isLogged = false } = options;
  const world = makeWorld(seed, nodes);
  const begin = world.now;
  const queue = createQueue<Happening>();
  const log: string[] = [];
  const violations: Simulated["violations"] = [];
  let logHash = "";
  const broken = new Set<string>();

  const check = () => {
    observe(world);
    note(world);
    for (const { id, title, holds } of invariants) {
      if (broken.has(id) || holds(world)) continue;
      broken.add(id);
      const detail = world.last ? `${world.last.event.type} in ${world.last.before.phase}` : "between steps";
      violations.push({ id, title, at: world.now - begin, detail });
    }
  };
  const note = ({ last, now, isOpen }: World) => {
    if (!last || !isOpen) return;
    const { rollout, event, after, effects } = last;
    const line = `${now - begin} ${rollout.index} ${JSON.stringify(event)} ${after.phase}/${after.stage}/${after.wave} ${JSON.stringify(effects)}`;
    logHash = hash53(logHash, line).toString(16);
    if (isLogged) log.push(line);
  };
  const outside: Outside = {
    send: (command) => queue.push(world.now + between(world, 10, 1_500), { type: "deliver", command }),
    askJudge: (rollout, wave) => judge.ask(world, queue, rollout, wave),
    // Two workers may ask at once, and be answered twice.
    askGate: (rollout, after) => {
      const answer = { type: "gate", rollout: rollout.index, after, nth: rollout.state.gatesOpen } as const;
      for (let i = chance(world, 0.3) ? 2 : 1; i > 0; i -= 1)
        queue.push(world.now + between(world, 1_000, 600_000), answer);
    },
    check,
  };
  /** The host takes one event; it may die before, and then hears of it again, or right after, and then hears of it twice. */
  const take = (rollout: SimRollout, event: Event) => {
    const crash = event.type === "moved" || !chance(world, 0.02) ? null : chance(world, 0.5) ? "before" : "after";
    if (crash) world.incidents += 1;
    transact(world, rollout, event, outside);
    if (crash === "after" && event.type !== "start") transact(world, rollout, { ...event, at: clock(world) }, outside);
  };
  const moved = (rollout: SimRollout, moves: readonly Moved[]) => {
    if (moves.length > 0) take(rollout, { at: clock(world), type: "moved", moves });
  };

  for (const rollout of world.rollouts) begins(world, rollout, take);
  for (const { index } of world.rollouts) {
    queue.push(world.now + 1_000, { type: "tick", rollout: index });
    queue.push(world.now + between(world, 60_000, 900_000), { type: "person", rollout: index });
  }
  queue.push(world.now + 5_000, { type: "sweep" });
  queue.push(world.now + between(world, 10_000, 300_000), { type: "chaos" });

  for (let next = queue.pop(); next && next.at < begin + untilMs; next = queue.pop()) {
    world.now = Math.floor(next.at);
    happen({ world, queue, take, moved }, next.what);
    if (world.rollouts.every(({ state, targets }) => isFinal(state.phase) && !targets.some(isOut))) break;
  }
  replay(world, violations, begin);
  return {
    outcome: {
      phases: world.rollouts.map(({ state }) => state.phase),
      logHash,
      steps: world.steps,
      incidents: world.incidents,
      simulatedMs: world.now - begin,
    },
    log,
    violations,
  };
}

const isOut = ({ target }: SimRollout["targets"][number]): boolean =>
  target.state === "applying" || target.state === "reverting";

/** The same events from the beginning give the same state, byte for byte. */
function replay(world: World, violations: Simulated["violations"], begin: number): void {
  for (const { index, events, policy, state } of world.rollouts) {
    let again = create();
    for (const event of events) again = step(again, event, policy).state;
    if (JSON.stringify(again) !== JSON.stringify(state))
      violations.push({
        id: "I-46",
        title: "replaying the events gives the same state byte for byte",
        at: world.now - begin,
        detail: `rollout ${index}`,
      });
  }
}
