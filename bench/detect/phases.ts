// What `bench detect` does to its probes and to the gateway, one after another, and how long the console took or what it said wrongly.
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { LISTEN_GRACE_MS, NOT_REPORTING_AFTER_MS } from "../../protocol/constants.ts";
import type { FleetStack } from "../fleet/stack.ts";
import { epochNow } from "../fleet/world.ts";
import type { Probe } from "./probes.ts";
import type { Truth } from "./truth.ts";

const exec = promisify(execFile);

/** Longer than anything should take: a probe that is not noticed by then was missed. */
const NOTICED_MAX_MS = 120_000;
const BACK_MAX_MS = 180_000;
/** A probe is well for so long before something happens to it, ms: its gateway has heard several heartbeats. */
const WELL_MS = 12_000;
/** After the gateway was stopped, whatever it says wrongly is said by then, ms. */
const SAID_BY_MS = LISTEN_GRACE_MS + NOT_REPORTING_AFTER_MS + 10_000;

/** How something happens to a probe, and how it is undone. */
export type Harm = { name: string; happen: (probe: Probe) => Promise<void>; undo: (probe: Probe) => Promise<void> };

const signals = (name: string, happen: "SIGKILL" | "SIGSTOP", undo: (probe: Probe) => void): Harm => ({
  name,
  happen: async (probe) => probe.signal(happen),
  undo: async (probe) => undo(probe),
});

export const killed: Harm = signals("killed", "SIGKILL", (probe) => probe.start());
export const frozen: Harm = signals("frozen", "SIGSTOP", (probe) => probe.signal("SIGCONT"));
export const cutOff: Harm = {
  name: "cut off",
  happen: (probe) => probe.cutOff(true),
  undo: (probe) => probe.cutOff(false),
};

/**
 * Does it to every probe, `spreadMs` apart at most so that it falls anywhere between two heartbeats, `rounds` times.
 *
 * @returns milliseconds until each was said not to report, and how many never were
 */
export async function noticeTimes(
  input: { probes: readonly Probe[]; truth: Truth; rounds: number; spreadMs: number; random: () => number },
  harm: Harm,
  signal: AbortSignal,
): Promise<{ times: number[]; missed: number }> {
  const { probes, truth, rounds, spreadMs, random } = input;
  const times: (number | null)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await sleep(WELL_MS, undefined, { signal });
    const one = async (probe: Probe, waitMs: number) => {
      await sleep(waitMs, undefined, { signal });
      const begin = epochNow();
      await harm.happen(probe);
      times.push(await truth.untilMarked(probe.nodeId, begin, NOTICED_MAX_MS, signal));
      await harm.undo(probe);
    };
    await Promise.all(probes.map((probe) => one(probe, random() * spreadMs)));
    await truth.untilBack(
      probes.map(({ nodeId }) => nodeId),
      BACK_MAX_MS,
      signal,
    );
  }
  return { times: times.filter((time) => time !== null), missed: times.filter((time) => time === null).length };
}

/** One packet in a hundred to or from the gateways is dropped while `work` runs. */
export async function withLoss<T>(ports: readonly number[], work: () => Promise<T>): Promise<T> {
  const rules = ports.flatMap((port) =>
    ["--dport", "--sport"].map((side) => ["INPUT", "-p", "tcp", side, String(port), ...LOSS]),
  );
  for (const rule of rules) await exec("iptables", ["-w", "-I", ...rule]);
  try {
    return await work();
  } finally {
    for (const rule of rules) await exec("iptables", ["-w", "-D", ...rule]);
  }
}

/** The share of packets that is lost, for iptables. */
export const LOSS = ["-m", "statistic", "--mode", "random", "--probability", "0.01", "-j", "DROP"];

/** The gateways stand still for `ms` and go on; then whatever they say wrongly is waited for. */
export async function stopGateways({ gateways }: FleetStack, ms: number, signal: AbortSignal): Promise<void> {
  for (const { pid } of gateways) process.kill(pid, "SIGSTOP");
  try {
    await sleep(ms, undefined, { signal });
  } finally {
    for (const { pid } of gateways) process.kill(pid, "SIGCONT");
  }
  await sleep(SAID_BY_MS, undefined, { signal });
}
