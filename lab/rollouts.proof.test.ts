// Rollouts on real nodes, twelve of them: a good change reaches all in waves and no container notices; a bad one ends at its first node and goes back by
// itself; a repair goes to one sick node first; one budget for all who ask. In the middle of each, processes of the product are killed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../testing/stack.ts";
import { missingTools } from "./requirements.ts";
import { badChange, breaksCni, leaksMemory, slowsPulls } from "./rollouts/bad.fixture.ts";
import { oneBudget } from "./rollouts/budget.fixture.ts";
import { Chaos } from "./rollouts/chaos.fixture.ts";
import { goodChange } from "./rollouts/good.fixture.ts";
import { Mirrors } from "./rollouts/mirrors.fixture.ts";
import { repairCanaryFirst } from "./rollouts/repair.fixture.ts";
import { Scene } from "./rollouts/scene.fixture.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";
const NODES = 12;

describe.skipIf(missing.length > 0)(`rollouts${skipped}`, () => {
  let scene: Scene;
  let mirrors: Mirrors;

  beforeAll(async () => {
    scene = await Scene.open(NODES);
    mirrors = await Mirrors.open(scene);
    await scene.isWell();
    await scene.rollouts.setBudget("*", 4);
  }, 900_000);
  afterAll(async () => {
    scene?.tell();
    await mirrors?.close();
    await scene?.stack.down();
  }, 120_000);

  it(
    "a good change reaches all nodes in waves and no container restarts, with workers, gateway and database killed on its way",
    () => goodChange(scene),
    420_000,
  );

  describe("a bad change ends at its first node and is taken back there, whoever is killed meanwhile", () => {
    let chaos: Chaos;
    beforeAll(async () => {
      chaos = new Chaos(scene);
      await mirrors.use(scene.fleet, "registry", mirrors.quick);
      mirrors.pull(scene.fleet);
    });
    afterAll(() => mirrors?.rest());

    it.concurrent(
      "breaks the network of new pods",
      () => badChange(scene, chaos, scene.zone("a"), breaksCni()),
      420_000,
    );
    it.concurrent("makes pulls slow", () => badChange(scene, chaos, scene.zone("b"), slowsPulls(mirrors)), 420_000);
    it.concurrent("leaks memory slowly", () => badChange(scene, chaos, scene.zone("c"), leaksMemory()), 420_000);

    it("leaves no finding, and pulls are quick again", async () => {
      await scene.isWell();
      const lists = [...mirrors.pulled.values()];
      const slow = (list: readonly number[]) => list.filter((ms) => ms > 1_000).length;
      expect(lists.filter((list) => slow(list) >= 3)).toHaveLength(1);
      await until("pulls quick again", 60_000, async () =>
        lists.every((list) => Math.max(...list.slice(-3)) < 1_000) ? true : undefined,
      );
    }, 120_000);
  });

  describe("one budget, and the first node first", () => {
    let chaos: Chaos;
    beforeAll(() => {
      chaos = new Chaos(scene);
    });

    it.concurrent(
      "a repair for four sick nodes of six is verified on one before it goes to the others",
      () => repairCanaryFirst(scene, chaos, 4),
      300_000,
    );
    it.concurrent(
      "two rollouts and a person never take more nodes of a pool than its budget, nor wait for each other for ever",
      () => oneBudget(scene, chaos, mirrors),
      300_000,
    );

    it("leaves the fleet well", () => scene.isWell(), 120_000);
  });
});
