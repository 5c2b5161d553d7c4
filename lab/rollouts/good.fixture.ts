// A good change, a new number in containerd's file: it reaches all nodes in waves, the first one forth, back and forth, and no container restarts.
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { inside } from "../boot.ts";
import { containerdConfig } from "../node-files.ts";
import { FileWrites, type Journalled } from "./nodes.fixture.ts";
import { fast, quick, type Scene, VICTIMS, wavesOf } from "./scene.fixture.ts";

const path = "/etc/containerd/config.toml";

/** In each of its first waves one process is killed. */
export async function goodChange(scene: Scene): Promise<void> {
  const { rollouts } = scene;
  const all = scene.fleet.map((n) => n.name);
  const content = containerdConfig().replace(
    "disable_tcp_service = true",
    "disable_tcp_service = true\n  max_concurrent_downloads = 4",
  );
  expect(content).not.toBe(containerdConfig());
  const [before, journalled] = [await scene.standing(all), await scene.journals(all)];
  const writes = new FileWrites(scene.fleet, path);
  expect(Object.values(before).map((pods) => Object.keys(pods).length)).toEqual(all.map(() => 4));

  const id = await rollouts.plan({
    ...fast,
    change: { kind: "config-file", params: { path, content, restartModule: "containerd" } },
    where: { selector: "*" },
    policy: { ...quick, rehearse: true },
  });
  const planned = await rollouts.targets(id);
  const waves = wavesOf(planned);
  expect(planned).toHaveLength(all.length);
  expect(waves[0]).toHaveLength(1);
  waves.forEach((wave, i) => {
    expect(wave.length).toBeLessThanOrEqual(3 * (waves[i - 1]?.length ?? 1));
    expect(new Set(scene.nodes(wave).map((n) => n.zone)).size).toBe(1);
  });
  await rollouts.start(id);
  for (const [wave, victim] of VICTIMS.entries()) {
    await rollouts.wait(id, `wave ${wave} under way`, 120_000, (_, targets) =>
      targets.some((t) => t.wave === wave && t.state === "applying"),
    );
    await scene.kill([victim]);
  }
  const ended = await rollouts.ended(id, 240_000);
  expect(ended.phase, JSON.stringify(ended.why)).toBe("succeeded");
  expect((await rollouts.targets(id)).map((t) => t.state)).toEqual(all.map(() => "applied"));

  const done = await scene.carriedOut(all, journalled);
  const canary = waves[0]?.[0] ?? "";
  for (const name of all) {
    expect(await readFile(inside(scene.node(name).pid, path), "utf8")).toBe(content);
    const kinds = name === canary ? ["file.put", "file.restore", "file.put"] : ["file.put"];
    expect(putsOn(done, name).map((c) => [c.type, c.result?.status, c.result?.changed])).toEqual(
      kinds.map((k) => [k, "done", true]),
    );
    expect(writes.of(name), `${path} on ${name}`).toBe(kinds.length);
  }
  // A wave begins when the one before has stood its time.
  const begun = (wave: readonly string[]) => wave.flatMap((name) => putsOn(done, name).map((c) => c.startedAt ?? 0));
  waves.slice(1).forEach((wave, i) => {
    expect(Math.min(...begun(wave)) - Math.max(...begun(waves[i] ?? []))).toBeGreaterThanOrEqual(quick.soakMs);
  });
  writes.close();
  await scene.note("good", ended, { done, before, after: await scene.standing(all) });
}

const putsOn = (done: readonly Journalled[], name: string): Journalled[] =>
  done.filter((c) => c.node === name && c.type.startsWith("file."));
