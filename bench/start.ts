// Group "start": a fresh data folder (cold), then the same folder again (warm), step by step as `up` itself times them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../testing/stack.ts";
import type { Figure } from "./report.ts";

type Timing = { step: string; ms: number };
type Start = { wallMs: number; timings: Timing[] };

const stampFile = join(import.meta.dirname, "../dist/stamps.json");
const readStamps = (): Record<string, string> =>
  existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")) : {};

/**
 * Starts the product `rounds` times cold and warm, and leaves the last one running with this machine as its node.
 *
 * @param keep is told of every stack as soon as it runs, so that it is ended whatever happens
 */
export async function measureStarts(
  rounds: number,
  signal: AbortSignal,
  keep: (stack: Stack | undefined) => void,
): Promise<Figure[]> {
  const stamps = readStamps();
  const [cold, warm]: [Start[], Start[]] = [[], []];
  let first: { built: string[]; start: Start } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const { stack, start } = await coldStart();
    keep(stack);
    const now = readStamps();
    const built = Object.keys(now).filter((part) => now[part] !== stamps[part]);
    if (built.length > 0 && !first) {
      first = { built, start };
    } else {
      cold.push(start);
      signal.throwIfAborted();
      warm.push(await warmStart(stack));
      if (cold.length >= rounds) break;
    }
    await stack.down();
    keep(undefined);
  }
  const unbuilt = first
    ? byStep("first start, which builds", [first.start], `built ${first.built.join(", ")}; without npm install`)
    : [];
  return [...unbuilt, ...byStep("cold start", cold, "fresh data folder, built"), ...byStep("warm start", warm, "")];
}

async function coldStart(): Promise<{ stack: Stack; start: Start }> {
  const begin = performance.now();
  const stack = await startStack({ withAgent: true });
  const wallMs = Math.round(performance.now() - begin);
  const { timings } = await stack.json<{ timings: Timing[] }>(["status"]);
  return { stack, start: { wallMs, timings } };
}

async function warmStart(stack: Stack): Promise<Start> {
  await stack.cli(["down"]);
  const begin = performance.now();
  const { timings } = await stack.json<{ timings: Timing[] }>(["up", "--detach"]);
  return { wallMs: Math.round(performance.now() - begin), timings };
}

function byStep(name: string, starts: readonly Start[], note: string): Figure[] {
  const steps = [...new Set(starts.flatMap(({ timings }) => timings.map(({ step }) => step)))];
  const times = (step: string) =>
    starts.flatMap(({ timings }) => timings.filter((t) => t.step === step).map((t) => t.ms));
  return [
    { name, unit: "ms", samples: starts.map(({ wallMs }) => wallMs), note: `the whole command${note && `; ${note}`}` },
    ...steps.map((step): Figure => ({ name: `${name}: ${step}`, unit: "ms", samples: times(step) })),
  ];
}
