// The course of `bench detect`: a console with a fleet, probes among it, what happens to them; then loss and a gateway that stands still; serf beside it.
import { setTimeout as sleep } from "node:timers/promises";
import { HEARTBEAT_MS } from "../../protocol/constants.ts";
import type { FleetStack } from "../fleet/stack.ts";
import { withFleet } from "../fleet/start-fleet.ts";
import { epochNow } from "../fleet/world.ts";
import { random } from "../judge-traces.ts";
import { cutOff, frozen, killed, noticeTimes, stopGateways, withLoss } from "./phases.ts";
import { makeProbes, type Probe } from "./probes.ts";
import { type SerfFound, watchSerf } from "./serf.ts";
import { Truth } from "./truth.ts";

export type DetectOptions = {
  /** Simulated nodes around the probes. */
  nodes: number;
  probes: number;
  /** How often each thing happens to every probe. */
  rounds: number;
  /** Seconds under loss, before and after the gateway stands still; and for how long it does. */
  loss: number;
  stop: number;
  seed: number;
};

/** Milliseconds each; `missed` were not noticed at all. */
export type Noticed = { name: string; times: number[]; missed: number };

export type DetectFound = {
  noticed: Noticed[];
  /** Said of nodes that were there all the time. Null: not tried. */
  wrong: { underLoss: number; afterStop: number; repairs: number } | null;
  /** Node hours watched under loss. */
  nodeHours: number;
  serf: SerfFound | { skipped: string };
  skipped: string[];
};

/** Probes come and go spread over this, ms: anywhere between two heartbeats, and never a large part of the fleet at once. */
const SPREAD_MS = 10_000;
/** As long as a gateway listens before it says anything, and a little. */
const GRACE_MS = 65_000;
const WELL_AGAIN_MS = 15_000;

/** What every part of the run needs. */
type Course = {
  options: Options;
  stack: FleetStack;
  truth: Truth;
  say: (text: string) => void;
  signal: AbortSignal;
};
type Options = DetectOptions & { hasNamespace: boolean };

export async function detectInside(
  options: Options,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<DetectFound> {
  const { nodes, probes, rounds, loss, stop, seed, hasNamespace } = options;
  const fleet = { nodes, interval: HEARTBEAT_MS / 1_000, duration: 0, gateways: 1, seed, enrol: 0, rate: 300 };
  const found = await withFleet(fleet, say, signal, async ({ stack }) => {
    const truth = new Truth(stack.databaseUrl);
    const all = await makeProbes(truth.pool, stack, probes, HEARTBEAT_MS);
    const course = { options, stack, truth, say, signal };
    try {
      const noticed = await harmProbes(all, course);
      const wrong = stop === 0 ? null : await watchQuiet(course);
      return { noticed, wrong };
    } finally {
      for (const probe of all) {
        probe.signal("SIGCONT");
        probe.signal("SIGKILL");
      }
      await truth.close();
    }
  });
  const peer = { members: probes, rounds, lossSeconds: loss, stopSeconds: stop, hasNamespace, seed };
  const serf = await watchSerf(peer, say, signal);
  const skipped = hasNamespace ? [] : ["cut off, and loss: that takes a network namespace (root, unshare, iptables)"];
  return { ...found, nodeHours: ((nodes + probes) * loss) / 3_600, serf, skipped };
}

/** Starts the probes and does everything to each of them; they are there again afterwards. */
async function harmProbes(probes: readonly Probe[], { options, truth, say, signal }: Course): Promise<Noticed[]> {
  const { rounds, seed, hasNamespace } = options;
  for (const probe of probes) {
    probe.start();
    await sleep(300, undefined, { signal });
  }
  const ids = probes.map(({ nodeId }) => nodeId);
  await truth.untilBack(ids, 60_000, signal);
  say("the gateway has just begun to listen: its grace period goes by …");
  await sleep(GRACE_MS, undefined, { signal });
  const noticed: Noticed[] = [];
  const next = random(seed);
  for (const harm of hasNamespace ? [killed, frozen, cutOff] : [killed, frozen]) {
    say(`${harm.name}: ${probes.length} probes, ${rounds} rounds …`);
    const input = { probes, truth, rounds, spreadMs: SPREAD_MS, random: next };
    noticed.push({ name: harm.name, ...(await noticeTimes(input, harm, signal)) });
  }
  return noticed;
}

/** Nothing happens to any node; packets are lost, then the gateway stands still. Whatever is said is wrong. */
async function watchQuiet({ options, stack, truth, say, signal }: Course): Promise<DetectFound["wrong"]> {
  const { loss, stop, hasNamespace } = options;
  const watch = async () => {
    await sleep(WELL_AGAIN_MS, undefined, { signal });
    const begin = epochNow();
    say(`${hasNamespace ? "one packet in a hundred is lost" : "no loss"} for ${loss} s …`);
    await sleep(loss * 1_000, undefined, { signal });
    const underLoss = (await truth.marks(begin)).length;
    say(`the gateway stands still for ${stop} s …`);
    await stopGateways(stack, stop * 1_000, signal);
    const afterStop = (await truth.marks(begin)).length - underLoss;
    return { underLoss, afterStop, repairs: await truth.repairs(begin) };
  };
  const ports = stack.gateways.map(({ port }) => port);
  return hasNamespace ? withLoss(ports, watch) : watch();
}
