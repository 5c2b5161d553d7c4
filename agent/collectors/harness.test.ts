// The harness: one collector that fails or hangs becomes a fact with a reason, and holds up no other.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CollectorContext } from "./define.ts";
import { defineCollector, paced } from "./define.ts";
import { Harness, type Outcome } from "./harness.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

// The harness itself only asks the runtimes to forget.
const context = { runtimes: { forget: () => undefined } } as unknown as CollectorContext;

function setUp() {
  const looks: string[] = [];
  const outcomes: Outcome[] = [];
  let release: () => void = () => undefined;
  let limitsData: unknown = {
    openFiles: 1,
    openFilesMax: 2,
    threads: 1,
    threadsMax: 2,
    inotifyInstancesMax: null,
    inotifyWatchesMax: null,
  };
  const runtimes = defineCollector({
    kind: "runtimes",
    everyMs: 5_000,
    timeoutMs: 1_000,
    read: () => {
      looks.push("runtimes");
      return [];
    },
  });
  const limits = defineCollector({
    kind: "limits",
    everyMs: 5_000,
    timeoutMs: 1_000,
    read: () => {
      looks.push("limits");
      return limitsData as never; // also what no collector should give
    },
  });
  const sysctls = defineCollector({
    kind: "sysctls",
    everyMs: 5_000,
    timeoutMs: 1_000,
    read: () => {
      looks.push("sysctls");
      return new Promise<Record<string, string>>((resolve) => {
        release = () => resolve({ "a.b": "1" });
      });
    },
  });
  const harness = new Harness([limits, sysctls, runtimes], context, (o) => outcomes.push(o));
  const last = (kind: string) => outcomes.findLast((o) => o.kind === kind);
  return {
    harness,
    looks,
    last,
    release: () => release(),
    setLimits: (data: unknown) => {
      limitsData = data;
    },
  };
}

describe("harness", () => {
  it("looks at the first kind before all others, then at each by its own clock", async () => {
    const { harness, looks } = setUp();
    await harness.start("runtimes");
    expect(looks).toEqual(["runtimes"]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(looks.filter((l) => l === "limits").length).toBeGreaterThanOrEqual(2);
    expect(looks.filter((l) => l === "runtimes")).toHaveLength(3);
    harness.stop();
  });

  it("makes a hung look a reason, asks no second time while it hangs, and recovers", async () => {
    const { harness, looks, last, release } = setUp();
    await harness.start("runtimes");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(last("sysctls")).toMatchObject({ data: null, error: expect.stringContaining("has not come back") });
    expect(looks.filter((l) => l === "sysctls")).toHaveLength(1);
    expect(looks.filter((l) => l === "limits").length).toBeGreaterThan(2);
    expect(Object.keys(harness.failing)).toEqual(["sysctls"]);
    release();
    while (looks.filter((l) => l === "sysctls").length < 2) await vi.advanceTimersByTimeAsync(100);
    release();
    await vi.advanceTimersByTimeAsync(10);
    expect(last("sysctls")).toMatchObject({ data: { "a.b": "1" }, error: null });
    expect(harness.failing).toEqual({});
    harness.stop();
  });

  it("lets no wrong shape leave the node", async () => {
    const { harness, last, setLimits } = setUp();
    setLimits({ openFiles: "many" });
    await harness.collect(["limits"]);
    expect(last("limits")).toMatchObject({ data: null, error: expect.stringContaining("openFiles") });
    harness.stop();
  });

  it("looks more often where the node wants it, never less often", () => {
    const one = defineCollector({ kind: "limits", everyMs: 30_000, timeoutMs: 1_000, read: () => ({}) as never });
    const everyMs = (looks: Parameters<typeof paced>[1]) => paced([one], looks).map((c) => c.everyMs);
    expect([
      everyMs({}),
      everyMs({ limits: 10_000 }),
      everyMs({ limits: 60_000 }),
      everyMs({ sysctls: 5_000 }),
    ]).toEqual([[30_000], [10_000], [30_000], [30_000]]);
  });

  it("looks no more after it was stopped", async () => {
    const { harness, looks } = setUp();
    await harness.start("runtimes");
    harness.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toEqual(["runtimes"]);
  });
});
