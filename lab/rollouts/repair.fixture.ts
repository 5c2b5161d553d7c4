// A repair for several sick nodes: it is verified on one before it goes to the others.
import { expect } from "vitest";
import { until } from "../../testing/stack.ts";
import type { Chaos } from "./chaos.fixture.ts";
import { mostAtOnce } from "./nodes.fixture.ts";
import { changing, fast, quick, type Scene, spansOf, wavesOf } from "./scene.fixture.ts";

/** Kills the runtime on the first `count` nodes of the pool and repairs them all by one rollout. */
export async function repairCanaryFirst(scene: Scene, chaos: Chaos, count: number): Promise<void> {
  chaos.join("repair");
  const { rollouts, stack } = scene;
  const web = scene.pool("web");
  const sick = web.slice(0, count);
  const before = await scene.standing(web);
  await Promise.all(sick.map((name) => stack.json(["lab", "fault", name, "runtime-down"])));
  await until("a finding on each", 60_000, async () => {
    const open = (await scene.findings()).filter((f) => f.checkId === "runtime-down" && f.state === "open");
    return open.length === count ? true : undefined;
  });
  const journalled = await scene.journals(web);
  const id = await rollouts.plan({
    ...fast,
    change: { kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } },
    where: { nodes: web, checkId: "runtime-down" },
    policy: { ...quick, domain: "none", rehearse: false, onFail: "halt" },
  });
  const waves = wavesOf(await rollouts.targets(id));
  expect(waves.map((w) => w.length)).toEqual([1, count - 1]);
  expect(waves.flat().sort()).toEqual(sick);
  await rollouts.start(id);
  await rollouts.wait(id, "the canary is under way", 60_000, (_, targets) =>
    targets.some((t) => t.state !== "pending"),
  );
  await chaos.strike("repair");
  const ended = await rollouts.ended(id, 200_000);
  expect(ended.phase, JSON.stringify(ended.why)).toBe("succeeded");

  const done = await scene.carriedOut(web, journalled);
  const steps = changing(done).map((c) => [c.node, c.type, c.result?.status]);
  expect(steps.sort()).toEqual(sick.map((name) => [name, "module.restart", "done"]));
  const [canary = ""] = waves[0] ?? [];
  const canaryRun = await rollouts.runOf(id, canary);
  expect(canaryRun.state).toBe("succeeded");
  const others = done.filter((c) => c.node !== canary).map((c) => c.startedAt ?? 0);
  expect(Math.min(...others)).toBeGreaterThan(canaryRun.endedAt?.getTime() ?? Number.POSITIVE_INFINITY);
  expect(mostAtOnce(spansOf(done)).count).toBeLessThanOrEqual(3);
  await scene.note("repair", ended, { done, before, after: await scene.standing(web) });
}
