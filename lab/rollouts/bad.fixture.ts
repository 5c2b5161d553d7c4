// Bad changes: each is halted after its first node and taken back there by itself, whoever is killed meanwhile.
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { inside } from "../boot.ts";
import { conflist, dfdaemonConfig, paths } from "../node-files.ts";
import type { PodSpec } from "../pods.ts";
import type { Chaos } from "./chaos.fixture.ts";
import { hosts, type Mirrors, mirrorOf } from "./mirrors.fixture.ts";
import { canStartPod, FileWrites } from "./nodes.fixture.ts";
import { changing, fast, quick, type Scene, wavesOf } from "./scene.fixture.ts";

/** A file that does harm. */
export type BadChange = {
  id: string;
  /** As the change names it, and where it is on the node. */
  path: string;
  on: string;
  content: string;
  restartModule: string | null;
};

/** New pods get no network: one of the plugins is not there. */
export const breaksCni = (): BadChange => ({
  id: "breaks the network of new pods",
  path: paths.conflist,
  on: paths.conflist,
  content: conflist(1).replace('"tuning"', '"not-installed-here"'),
  restartModule: null,
});

/** Pulls work and take seconds. */
export const slowsPulls = ({ slow }: Mirrors): BadChange => ({
  id: "makes pulls slow",
  path: mirrorOf("registry"),
  on: mirrorOf("registry"),
  content: hosts(slow),
  restartModule: null,
});

/** One MiB a second that is not given back. */
export const leaksMemory = (): BadChange => ({
  id: "leaks memory slowly",
  path: "/etc/nodeops/managed/dfdaemon.conf",
  on: paths.dfdaemonConfig,
  content: dfdaemonConfig(1),
  restartModule: "dfdaemon",
});

/** Stands for what runs on a node when the network of new pods is asked. */
const probePod: PodSpec = {
  name: "probe",
  container: "probe",
  handler: "runc",
  labels: { app: "probe" },
  script: "exec sleep 1000000",
};

/** Sends it to these nodes and expects that one has it for a moment, and no other ever hears of it. */
export async function badChange(scene: Scene, chaos: Chaos, names: readonly string[], bad: BadChange): Promise<void> {
  chaos.join(bad.id);
  const { rollouts } = scene;
  const { path, on, content, restartModule } = bad;
  const files = () => Promise.all(scene.nodes(names).map((n) => readFile(inside(n.pid, on))));
  const [before, original, journalled] = [await scene.standing(names), await files(), await scene.journals(names)];
  const writes = new FileWrites(scene.nodes(names), on);
  const id = await rollouts.plan({
    ...fast,
    change: { kind: "config-file", params: { path, content, restartModule } },
    where: { nodes: [...names] },
    policy: { ...quick, domain: "none", soakMs: 240_000, rehearse: false },
  });
  const waves = wavesOf(await rollouts.targets(id));
  expect(waves.map((w) => w.length)).toEqual([1, names.length - 1]);
  const canary = waves[0]?.[0] ?? "";
  await rollouts.start(id);
  await rollouts.wait(id, "its canary has it", 60_000, (_, targets) => targets.some((t) => t.state === "applied"));
  await chaos.strike(bad.id);
  const ended = await rollouts.ended(id, 300_000);
  expect(ended.phase, JSON.stringify(ended.why)).toBe("rolled-back");

  // Nobody else ever heard of it.
  const targets = await rollouts.targets(id);
  const inState = (state: string) => targets.filter((t) => t.state === state).map((t) => t.nodeName);
  expect(inState("reverted")).toEqual([canary]);
  expect(inState("pending").sort()).toEqual((waves[1] ?? []).toSorted());
  const done = await scene.carriedOut(names, journalled);
  expect(new Set(done.map((c) => c.node))).toEqual(new Set([canary]));
  const steps =
    restartModule === null
      ? ["file.put", "file.restore"]
      : ["file.put", "module.restart", "file.restore", "module.restart"];
  expect(changing(done).map((c) => [c.type, c.result?.status])).toEqual(steps.map((type) => [type, "done"]));
  expect(names.map((name) => writes.of(name))).toEqual(names.map((name) => (name === canary ? 2 : 0)));
  writes.close();

  // The canary is as it was.
  expect(await files()).toEqual(original);
  expect(await canStartPod(scene.node(canary), probePod)).toBe("CONTAINER_RUNNING");
  const appliedAt = changing(done)[steps.length / 2 - 1]?.result?.endedAt ?? null;
  await scene.note(bad.id, ended, { done, before, after: await scene.standing(names), appliedAt });
  console.log(`${bad.id}: ${canary}: ${ended.why?.en}`);
}
