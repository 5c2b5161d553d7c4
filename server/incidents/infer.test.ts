// The exact test against counting by hand, and what it takes for a burst to have one cause.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attributes, type Census, fisherP, P_MAX, sharedCause } from "./infer.ts";

const choose = (n: number, k: number): number => (k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

describe("fisherP", () => {
  test.each([
    // "Lady tasting tea" (Fisher, The Design of Experiments, 1935): 4 of 4 right is 1 in 70.
    [4, 4, 4, 8, 1 / 70],
    [3, 4, 4, 8, 17 / 70],
    [0, 4, 4, 8, 1],
    [5, 5, 5, 5, 1],
    [1, 1, 1, 100_000, 1 / 100_000],
  ])("%d of %d, %d of %d", (k, n, K, N, p) => expect(fisherP(k, n, K, N)).toBeCloseTo(p, 10));

  test("is the sum over all draws, for any sizes", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), fc.nat()).map(([N, a, b, c]) => {
      const [n, K] = [(a % N) + 1, b % (N + 1)];
      return { N, n, K, k: c % (Math.min(n, K) + 1) };
    });
    fc.assert(
      fc.property(sizes, ({ N, n, K, k }) => {
        let sum = 0;
        for (let i = k; i <= Math.min(n, K); i += 1) sum += choose(K, i) * choose(N - K, n - i);
        expect(fisherP(k, n, K, N)).toBeCloseTo(sum / choose(N, n), 8);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test("large fleets neither overflow nor vanish", () => {
    expect(fisherP(43, 50, 2_000, 100_000)).toBeGreaterThan(0);
    expect(fisherP(43, 50, 2_000, 100_000)).toBeLessThan(1e-50);
    expect(fisherP(1, 50, 2_000, 100_000)).toBeCloseTo(1 - 0.98 ** 50, 2);
  });
});

const order = ["kernel", "zone"];
const census = (total: number, counts: Record<string, number>): Census => ({
  total,
  count: (attribute, value) => counts[`${attribute}=${value}`] ?? 0,
});
const times = (count: number, node: Attributes): Attributes[] => Array.from({ length: count }, () => node);

describe("sharedCause", () => {
  test("a new kernel that few have and all that are bad run", () => {
    const cause = sharedCause(
      times(6, { kernel: "6.9", zone: "a" }),
      census(200, { "kernel=6.9": 10, "zone=a": 100 }),
      order,
    );
    expect(cause).toMatchObject({ attribute: "kernel", value: "6.9", k: 6, n: 6, K: 10, N: 200 });
    expect(cause?.p).toBeLessThan(1e-6);
  });
  test("what half of the fleet has explains nothing", () => {
    expect(sharedCause(times(12, { kernel: "6.1" }), census(1_000, { "kernel=6.1": 600 }), order)).toBeNull();
  });
  test("two nodes are an accident", () => {
    expect(sharedCause(times(2, { kernel: "6.9" }), census(10_000, { "kernel=6.9": 2 }), order)).toBeNull();
  });
  test("a small fleet proves nothing quickly: 3 of 3 in a zone of 5, of 10 nodes", () => {
    expect(sharedCause(times(3, { zone: "a" }), census(10, { "zone=a": 5 }), order)).toBeNull();
  });
  test("a cause that explains a part only is none", () => {
    const burst = [...times(4, { kernel: "6.9" }), ...times(4, { kernel: "6.1" })];
    expect(sharedCause(burst, census(10_000, { "kernel=6.9": 10, "kernel=6.1": 9_000 }), order)).toBeNull();
  });
  test("of two that are equally telling the first attribute wins", () => {
    const counts = { "kernel=6.9": 10, "zone=a": 10 };
    expect(sharedCause(times(6, { zone: "a", kernel: "6.9" }), census(200, counts), order)?.attribute).toBe("kernel");
    expect(
      sharedCause(times(6, { zone: "a", kernel: "6.9" }), census(200, counts), ["zone", "kernel"])?.attribute,
    ).toBe("zone");
  });
  test("by accident it speaks no more often than it says", () => {
    // 60 attributes of ten values each that have nothing to do with the burst.
    let state = 1;
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const names = Array.from({ length: 60 }, (_, i) => `a${i}`);
    const fleet = Array.from({ length: 500 }, () =>
      Object.fromEntries(names.map((name) => [name, String(random(10))])),
    );
    const counted = new Map<string, number>();
    for (const node of fleet)
      for (const [name, value] of Object.entries(node))
        counted.set(`${name}=${value}`, (counted.get(`${name}=${value}`) ?? 0) + 1);
    const all: Census = { total: 500, count: (name, value) => counted.get(`${name}=${value}`) ?? 0 };
    let spoken = 0;
    const bursts = 500;
    for (let i = 0; i < bursts; i += 1) {
      const burst = Array.from({ length: 4 }, () => fleet[random(500)] ?? {});
      if (sharedCause(burst, all, names)) spoken += 1;
    }
    expect(spoken / bursts).toBeLessThanOrEqual(P_MAX * 5);
  });
});
