// How fast an accepted rollout may reach new nodes, and how often it may be begun on one. Waves and verdicts are rows, and rows are not believed; the policy was
// signed, and what was begun where is the dispatcher's own memory, on its own disk: whoever writes rows gets no further than a rollout in its greatest haste.
import { closeSync, existsSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SOAK_MIN_MS, validatePolicy } from "../../rollout/policy.ts";
import type { Policy } from "../../rollout/types.ts";
import { appendDurably, openForAppend } from "../core/durable.ts";

/** Forth, back and forth again in rehearsal, back at the end, and a person who tries again now and then. Editorial. */
const RUNS_PER_NODE_MAX = 20;

const PacePolicy = z.object({
  lane: z.enum(["normal", "fast"]),
  first: z.int().min(1).max(100),
  firstRatio: z.number().min(0).max(0.05),
  growth: z.number().gt(1).max(3),
  waveMax: z.int().min(1).nullable(),
});
export type PacePolicy = z.infer<typeof PacePolicy>;

/** The part of a policy that is held to here; null for one that no plan may be made by. Never throws. */
export function readPolicy(policy: unknown): PacePolicy | null {
  const parsed = PacePolicy.safeParse(policy);
  if (!parsed.success) return null;
  try {
    return validatePolicy(policy as Policy).length === 0 ? parsed.data : null; // where its shape is another, it throws or has problems
  } catch {
    return null;
  }
}

/** Nodes that may have been begun when `settled` of them were begun at least the shortest soak ago: one wave more. */
export function reachable({ first, firstRatio, growth, waveMax }: PacePolicy, count: number, settled: number): number {
  const wave = Math.max(first, Math.ceil(firstRatio * count), Math.ceil(growth * settled));
  return settled + Math.min(wave, waveMax ?? Number.POSITIVE_INFINITY);
}

/** Begun together: pairs of node and run. */
const Line = z.strictObject({ at: z.number(), begun: z.array(z.tuple([z.string(), z.string()])) });
type Line = z.infer<typeof Line>;

type Standing = {
  nodes: Map<string, { runs: number; last: string }>;
  settled: number;
  /** Nodes that were begun for the first time within the shortest soak. */
  recent: { at: number; count: number }[];
  /** Not on the disk yet. */
  unwritten: Line["begun"];
};

/** What was begun where, for each accepted rollout. */
export class RolloutPace {
  readonly #folder: string;
  readonly #standings = new Map<string, Standing>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(rolloutId: string): string {
    return join(this.#folder, `${rolloutId}.begun`);
  }

  /** @throws Error when the file cannot be read: whoever forgets what was begun would begin anew */
  #standing(rolloutId: string): Standing {
    const known = this.#standings.get(rolloutId);
    if (known) return known;
    const standing: Standing = { nodes: new Map(), settled: 0, recent: [], unwritten: [] };
    for (const { at, begun } of readLines(this.#path(rolloutId)))
      for (const [nodeId, runId] of begun) note(standing, nodeId, runId, at);
    this.#standings.set(rolloutId, standing);
    return standing;
  }

  /** What speaks against one more command of this run on this node, now; null when nothing does. */
  holds(
    rolloutId: string,
    about: { policy: PacePolicy; count: number; nodeId: string; runId: string; direction: string },
    now: number,
  ): "pace" | "too-often" | null {
    const { policy, count, nodeId, runId, direction } = about;
    const standing = this.#standing(rolloutId);
    const node = standing.nodes.get(nodeId);
    if (node) return node.last !== runId && node.runs >= RUNS_PER_NODE_MAX ? "too-often" : null;
    if (direction !== "apply") return null; // the way back waits for nothing
    settle(standing, now - SOAK_MIN_MS[policy.lane]);
    return standing.nodes.size >= reachable(policy, count, standing.settled) ? "pace" : null;
  }

  /** Counts a run that is about to be signed for. */
  begin(rolloutId: string, nodeId: string, runId: string, now: number): void {
    const standing = this.#standing(rolloutId);
    if (standing.nodes.get(nodeId)?.last === runId) return;
    note(standing, nodeId, runId, now);
    standing.unwritten.push([nodeId, runId]);
  }

  /** Durable when it returns. */
  flush(now: number): void {
    for (const [rolloutId, { unwritten }] of this.#standings) {
      if (unwritten.length === 0) continue;
      const fd = openForAppend(this.#path(rolloutId));
      try {
        appendDurably(fd, `${JSON.stringify({ at: now, begun: unwritten } satisfies Line)}\n`);
      } finally {
        closeSync(fd);
      }
      unwritten.length = 0;
    }
  }

  forget(rolloutId: string): void {
    this.#standings.delete(rolloutId);
    rmSync(this.#path(rolloutId), { force: true });
  }
}

function note({ nodes, recent }: Standing, nodeId: string, runId: string, at: number): void {
  const node = nodes.get(nodeId);
  nodes.set(nodeId, { runs: (node?.runs ?? 0) + 1, last: runId });
  if (node) return;
  const latest = recent.at(-1);
  if (latest?.at === at) latest.count += 1;
  else recent.push({ at, count: 1 });
}

function settle(standing: Standing, until: number): void {
  const open = standing.recent.findIndex(({ at }) => at > until);
  for (const { count } of standing.recent.splice(0, open === -1 ? standing.recent.length : open))
    standing.settled += count;
}

function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const whole = text.lastIndexOf("\n") + 1;
  // Cut off by a crash: what it says was signed all the same, and is counted when it goes on.
  if (whole < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, whole)));
  return text
    .slice(0, whole)
    .split("\n")
    .slice(0, -1)
    .map((line, index) => {
      try {
        return Line.parse(JSON.parse(line));
      } catch (err) {
        throw new Error(`${path}: line ${index + 1} is damaged`, { cause: err });
      }
    });
}
