// Rollouts on real nodes, twelve of them: a good change reaches all in waves and no container notices; a bad one ends at its first node and goes back by
// itself; a repair goes to one sick node first; one budget for all who ask. In the middle of each, processes of the product are killed.
import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FindingList } from "../server/findings/schema.ts";
import type { NodeList } from "../server/nodes/schema.ts";
import type { PolicyInput, RolloutDetail, TargetRow } from "../server/rollouts/schema.ts";
import { type Stack, startStack, until } from "../testing/stack.ts";
import { inside } from "./boot.ts";
import { Rollouts, type Span } from "./console.fixture.ts";
import { nodeSocket, withCri } from "./cri.ts";
import { inNode } from "./exec.ts";
import { imageParts } from "./image.ts";
import { hostAddress } from "./layout.ts";
import { conflist, containerdConfig, dfdaemonConfig, paths } from "./node-files.ts";
import type { PodSpec } from "./pods.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { missingTools } from "./requirements.ts";
import {
  canStartPod,
  containersOf,
  databaseUrl,
  each,
  FileWrites,
  type Journalled,
  journalOf,
  mostAtOnce,
  type Standing,
} from "./rollouts.fixture.ts";
import { type LabNode, loadState } from "./state.ts";

const missing = await missingTools();
const skipped = missing.length > 0 ? ` (skipped: the lab needs ${missing.join(", ")})` : "";

const NODES = 12;
const VICTIMS = ["workers", "gateway", "postgres"] as const;
/** As short as a policy may be, so that the proof takes minutes. */
const quick = {
  first: 1,
  growth: 3,
  domain: "zone",
  soakMs: 20_000,
  judgeEveryMs: 5_000,
  maxErrors: 4,
  maxInFlight: 12,
  judge: { minExposureMs: 10_000, atTimeLimit: "pass" },
} as const satisfies PolicyInput;
/** The lane with the shortest soak, two persons' yes; in a new fleet with one person, that one's. */
const fast = { lane: "fast", reason: "the proof of the lab" } as const;
/** Nodes of one zone: four, of both pools. */
const zoneNodes = (zone: "a" | "b" | "c"): string[] =>
  ["a", "b", "c"].flatMap((z, i) => (z === zone ? [1, 4, 7, 10].map((n) => `lab-${n + i}`) : []));
const poolNodes = (pool: "web" | "batch"): string[] =>
  Array.from({ length: 6 }, (_, i) => `lab-${2 * i + (pool === "web" ? 1 : 2)}`);
/** Stands for what runs on a node when the network of new pods is asked. */
const probePod: PodSpec = {
  name: "probe",
  container: "probe",
  handler: "runc",
  labels: { app: "probe" },
  script: "exec sleep 1000000",
};

/** containerd's file for one registry name, and what it says: all of it comes from this mirror. */
const mirrorOf = (name: string): string => `${paths.registryHosts}/${name}.example/hosts.toml`;
const hosts = ({ url }: Registry): string => `[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

describe.skipIf(missing.length > 0)(`rollouts${skipped}`, () => {
  let stack: Stack;
  let rollouts: Rollouts;
  let fleet: LabNode[];
  let registries: { quick: Registry; slow: Registry };
  const pulling = new AbortController();
  /** How long each pull took, ms, by node. */
  const pulled = new Map<string, number[]>();

  const node = (name: string): LabNode => fleet.find((n) => n.name === name) ?? expect.fail(`no ${name}`);
  const nodes = (names: readonly string[]): LabNode[] => names.map(node);
  const journals = async (names: readonly string[]): Promise<Journalled[]> =>
    (await Promise.all(names.map((name) => journalOf(stack.dataDir, name)))).flat();
  const standing = async (names: readonly string[]): Promise<Record<string, Record<string, Standing>>> =>
    Object.fromEntries(await Promise.all(nodes(names).map(async (n) => [n.name, await containersOf(n)])));
  const findings = async (): Promise<FindingList["rows"]> => (await stack.json<FindingList>(["findings"])).rows;
  /** Nothing is wrong on any node. What every node says at once is told of the machine under them (load), not of a change. */
  const isFleetWell = (): Promise<true> =>
    until<true>("the whole fleet well", 120_000, async () => {
      const { rows } = await stack.json<NodeList>(["nodes"]);
      const nodesOf = Map.groupBy(await findings(), (f) => f.checkId);
      const wrong = [...nodesOf.values()].filter((list) => new Set(list.map((f) => f.nodeId)).size < NODES).flat();
      const away = rows.filter((n) => !n.isConnected || !["healthy", "degraded"].includes(n.state));
      if (rows.length === NODES && away.length === 0 && wrong.length === 0) return true;
      throw new Error(
        [
          ...away.map((n) => `${n.name} ${n.state} (${n.stateReason})`),
          ...wrong.map((f) => `${f.nodeName} ${f.checkId}`),
        ].join(", "),
      );
    });

  /** kill -9, and waits until the product has brought it back. */
  const killHard = async (victim: (typeof VICTIMS)[number]): Promise<void> => {
    type Status = { processes: { name: string; pid: number | null; isReady: boolean | null; phase: string }[] };
    const status = async () => (JSON.parse((await stack.cli(["status", "--json"])).stdout) as Status).processes;
    const pid = (await status()).find((p) => p.name === victim)?.pid ?? expect.fail(`no ${victim}`);
    process.kill(pid, "SIGKILL");
    await until(`${victim} runs again`, 60_000, async () =>
      (await status()).every(
        (p) => p.phase === "running" && p.isReady !== false && (p.name !== victim || p.pid !== pid),
      )
        ? true
        : undefined,
    );
  };

  /** What was carried out on these nodes since `before`, each command at most once whoever was killed meanwhile. */
  const carriedOut = async (names: readonly string[], before: readonly Journalled[]): Promise<Journalled[]> => {
    const known = new Set(before.map(({ id }) => id));
    const all = (await journals(names)).filter(({ id }) => !known.has(id));
    for (const command of all) {
      expect(command, `${command.node} ${command.type}`).toMatchObject({ accepted: 1 });
      expect(command.started).toBeLessThanOrEqual(1);
    }
    for (const unique of ["id", "nonce"] as const) expect(new Set(all.map((c) => c[unique])).size).toBe(all.length);
    return all;
  };
  const changing = (commands: readonly Journalled[]): Journalled[] =>
    commands.filter((c) => c.type !== "evidence.capture");

  beforeAll(async () => {
    stack = await startStack();
    await stack.json(["lab", "up", "--nodes", String(NODES)]);
    const state = (await loadState(stack.dataDir)) ?? expect.fail("no lab");
    fleet = state.nodes;
    const layer = (text: string) => imageParts([{ name: "says", type: "file", mode: 0o644, data: Buffer.from(text) }]);
    const images = { "lab/report": layer("report"), "lab/one": layer("one"), "lab/two": layer("two") };
    const address = hostAddress(state.lab);
    registries = {
      quick: await startRegistry({ address, images, delayMs: 0 }),
      slow: await startRegistry({ address, images, delayMs: 1_500 }),
    };
    rollouts = new Rollouts(stack.dataDir);
    // What nodes do all day: pods come, their image is asked for at the registry's mirror.
    for (const { name, pid } of fleet) {
      pulled.set(name, []);
      await inNode(pid, 'mkdir -p "$1"', [dirname(mirrorOf("registry"))]);
      await writeFile(inside(pid, mirrorOf("registry")), hosts(registries.quick));
      void each(2_000, pulling.signal, async () => {
        const at = performance.now();
        await withCri(nodeSocket(pid), (cri) =>
          cri("PullImage", { image: { image: "registry.example/lab/report:1" } }),
        );
        pulled.get(name)?.push(performance.now() - at);
      });
    }
    await isFleetWell();
    await rollouts.setBudget("*", 4);
  }, 900_000);
  afterAll(async () => {
    pulling.abort();
    await Promise.all([registries?.quick.close(), registries?.slow.close()]);
    await stack?.down();
  }, 120_000);

  it("a good change reaches all nodes in waves and no container restarts, with workers, gateway and database killed on its way", async () => {
    const all = fleet.map((n) => n.name);
    const path = "/etc/containerd/config.toml";
    const content = containerdConfig().replace(
      "disable_tcp_service = true",
      "disable_tcp_service = true\n  max_concurrent_downloads = 4",
    );
    expect(content).not.toBe(containerdConfig());
    const [before, journalled, writes] = [await standing(all), await journals(all), new FileWrites(fleet, path)];
    expect(Object.values(before).map((pods) => Object.keys(pods).length)).toEqual(all.map(() => 4));

    const id = await rollouts.plan({
      ...fast,
      change: { kind: "config-file", params: { path, content, restartModule: "containerd" } },
      where: { selector: "*" },
      policy: { ...quick, rehearse: true },
    });
    const planned = await rollouts.targets(id);
    const waves = wavesOf(planned);
    expect(planned).toHaveLength(NODES);
    expect(waves[0]).toHaveLength(1);
    waves.forEach((wave, i) => {
      expect(wave.length).toBeLessThanOrEqual(3 * (waves[i - 1]?.length ?? 1));
      expect(new Set(nodes(wave).map((n) => n.zone)).size).toBe(1);
    });
    await rollouts.start(id);
    for (const [wave, victim] of VICTIMS.entries()) {
      await rollouts.wait(id, `wave ${wave} under way`, 120_000, (_, targets) =>
        targets.some((t) => t.wave === wave && t.state === "applying"),
      );
      await killHard(victim);
    }
    const ended = await rollouts.ended(id, 240_000);
    expect(ended.phase, JSON.stringify(ended.why)).toBe("succeeded");
    expect((await rollouts.targets(id)).map((t) => t.state)).toEqual(all.map(() => "applied"));

    const done = await carriedOut(all, journalled);
    const putsOn = (name: string) => done.filter((c) => c.node === name && c.type.startsWith("file."));
    const canary = waves[0]?.[0] ?? "";
    for (const name of all) {
      expect(await readFile(inside(node(name).pid, path), "utf8")).toBe(content);
      const kinds = name === canary ? ["file.put", "file.restore", "file.put"] : ["file.put"];
      expect(putsOn(name).map((c) => [c.type, c.result?.status, c.result?.changed])).toEqual(
        kinds.map((k) => [k, "done", true]),
      );
      expect(writes.of(name), `${path} on ${name}`).toBe(kinds.length);
    }
    // A wave begins when the one before has stood its time.
    waves.slice(1).forEach((wave, i) => {
      const first = Math.min(...wave.flatMap((name) => putsOn(name).map((c) => c.startedAt ?? 0)));
      const last = Math.max(...(waves[i] ?? []).flatMap((name) => putsOn(name).map((c) => c.startedAt ?? 0)));
      expect(first - last).toBeGreaterThanOrEqual(quick.soakMs);
    });
    expect(await standing(all)).toEqual(before);
    writes.close();
    console.log(`good change: waves of ${waves.map((w) => w.length).join(", ")} after ${took(ended)}`);
  }, 420_000);

  describe("a bad change ends at its first node and is taken back there, whoever is killed meanwhile", () => {
    /** As many variants as have their canary changed wait here for the kill. */
    const begun = new Set<string>();
    let chaos: Promise<void> | undefined;
    const disturb = async (variant: string): Promise<void> => {
      begun.add(variant);
      chaos ??= (async () => {
        await until("all variants are at their canary", 60_000, async () => (begun.size === 3 ? true : undefined), 100);
        for (const victim of VICTIMS) await killHard(victim);
      })();
      await chaos;
    };

    beforeAll(() => {
      for (const list of pulled.values()) list.length = 0; // of this scenario only
    });

    type Variant = {
      id: string;
      zone: "a" | "b" | "c";
      path: string;
      on: string;
      content: string | (() => string);
      restartModule: string | null;
    };
    const variants: Variant[] = [
      {
        id: "breaks the network of new pods",
        zone: "a",
        path: paths.conflist,
        on: paths.conflist,
        content: conflist(1).replace('"tuning"', '"not-installed-here"'),
        restartModule: null,
      },
      {
        id: "makes pulls slow",
        zone: "b",
        path: mirrorOf("registry"),
        on: mirrorOf("registry"),
        content: () => hosts(registries.slow),
        restartModule: null,
      },
      {
        id: "leaks memory slowly",
        zone: "c",
        path: "/etc/nodeops/managed/dfdaemon.conf",
        on: paths.dfdaemonConfig,
        content: dfdaemonConfig(4),
        restartModule: "dfdaemon",
      },
    ];

    it.concurrent.each(variants)(
      "$id",
      async ({ id: variant, zone, path, on, content, restartModule }) => {
        const names = zoneNodes(zone);
        const files = () => Promise.all(nodes(names).map((n) => readFile(inside(n.pid, on))));
        const [before, original, journalled] = [await standing(names), await files(), await journals(names)];
        const writes = new FileWrites(nodes(names), on);
        const text = typeof content === "string" ? content : content();
        const id = await rollouts.plan({
          ...fast,
          ...fast,
          change: { kind: "config-file", params: { path, content: text, restartModule } },
          where: { nodes: names },
          policy: { ...quick, soakMs: 240_000, rehearse: false },
        });
        const waves = wavesOf(await rollouts.targets(id));
        expect(waves.map((w) => w.length)).toEqual([1, 3]);
        const canary = waves[0]?.[0] ?? "";
        await rollouts.start(id);
        await rollouts.wait(id, "its canary has it", 60_000, (_, targets) =>
          targets.some((t) => t.state === "applied"),
        );
        await disturb(variant);
        const ended = await rollouts.ended(id, 300_000);
        expect(ended.phase, JSON.stringify(ended.why)).toBe("rolled-back");

        // Nobody else ever heard of it.
        const targets = await rollouts.targets(id);
        expect(targets.filter((t) => t.state === "reverted").map((t) => t.nodeName)).toEqual([canary]);
        expect(
          targets
            .filter((t) => t.state === "pending")
            .map((t) => t.nodeName)
            .sort(),
        ).toEqual((waves[1] ?? []).toSorted());
        const done = await carriedOut(names, journalled);
        expect(new Set(done.map((c) => c.node))).toEqual(new Set([canary]));
        const expected =
          restartModule === null
            ? ["file.put", "file.restore"]
            : ["file.put", "module.restart", "file.restore", "module.restart"];
        expect(changing(done).map((c) => [c.type, c.result?.status])).toEqual(expected.map((type) => [type, "done"]));
        expect(names.map((name) => writes.of(name))).toEqual(names.map((name) => (name === canary ? 2 : 0)));

        // The canary is as it was.
        expect(await files()).toEqual(original);
        expect(await canStartPod(node(canary), probePod)).toBe("CONTAINER_RUNNING");
        expect(await standing(names)).toEqual(before);
        writes.close();
        console.log(`${variant}: ${canary} back after ${took(ended)}: ${ended.why?.en}`);
      },
      420_000,
    );

    it("leaves no finding, and pulls are quick again", async () => {
      await isFleetWell();
      expect([...pulled.values()].filter((list) => Math.max(...list) > 1_000)).toHaveLength(1);
      for (const list of pulled.values()) expect(Math.max(...list.slice(-3))).toBeLessThan(1_000);
    }, 120_000);
  });

  describe("one budget, and the first node first", () => {
    const sick = ["lab-1", "lab-3", "lab-5", "lab-7"];

    it.concurrent("a repair for four sick nodes of six is verified on one before it goes to the others", async () => {
      const web = poolNodes("web");
      const before = await standing(web);
      await Promise.all(sick.map((name) => stack.json(["lab", "fault", name, "runtime-down"])));
      await until("four findings", 60_000, async () =>
        (await findings()).filter((f) => f.checkId === "runtime-down" && f.state === "open").length === sick.length
          ? true
          : undefined,
      );
      const journalled = await journals(web);
      const id = await rollouts.plan({
        ...fast,
        change: { kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } },
        where: { nodes: web, checkId: "runtime-down" },
        policy: { ...quick, domain: "none", rehearse: false, onFail: "halt" },
      });
      const waves = wavesOf(await rollouts.targets(id));
      expect(waves.map((w) => w.length)).toEqual([1, 3]);
      expect(waves.flat().sort()).toEqual(sick);
      await rollouts.start(id);
      await rollouts.wait(id, "the canary is under way", 60_000, (_, targets) =>
        targets.some((t) => t.state !== "pending"),
      );
      await killHard("workers");
      await rollouts.wait(id, "the second wave is under way", 120_000, (_, targets) =>
        targets.some((t) => t.wave === 1 && t.state !== "pending"),
      );
      await killHard("gateway");
      await killHard("postgres");
      const ended = await rollouts.ended(id, 200_000);
      expect(ended.phase, JSON.stringify(ended.why)).toBe("succeeded");

      const done = await carriedOut(web, journalled);
      expect(
        changing(done)
          .map((c) => [c.node, c.type, c.result?.status])
          .sort(),
      ).toEqual(sick.map((name) => [name, "module.restart", "done"]));
      const [canary = ""] = waves[0] ?? [];
      const canaryRun = await rollouts.runOf(id, canary);
      expect(canaryRun.state).toBe("succeeded");
      const others = done.filter((c) => c.node !== canary).map((c) => c.startedAt ?? 0);
      expect(Math.min(...others)).toBeGreaterThan(canaryRun.endedAt?.getTime() ?? Number.POSITIVE_INFINITY);
      expect(mostAtOnce(spansOf(done)).count).toBeLessThanOrEqual(3);
      expect(await standing(web)).toEqual(before);
      console.log(`repair: ${waves.map((w) => w.length).join(", ")} after ${took(ended)}`);
    }, 300_000);

    it.concurrent("two rollouts and a person never take more nodes of a pool than its budget, seen each 100 ms", async () => {
      const MAX = 2;
      const batch = poolNodes("batch");
      const journalled = await journals(batch);
      await rollouts.setBudget("batch", MAX);
      for (const { pid } of nodes(batch)) {
        await inNode(pid, 'mkdir -p "$1"', [dirname(mirrorOf("slow"))]);
        await writeFile(inside(pid, mirrorOf("slow")), hosts(registries.slow));
      }
      const over = new AbortController();
      const seen: { at: number; away: string[] }[] = [];
      const pool = new pg.Pool({
        connectionString: await databaseUrl(stack.dataDir),
        max: 1,
        connectionTimeoutMillis: 1_000,
      });
      pool.on("error", () => undefined); // the database is killed on the way
      const looking = each(100, over.signal, async () => {
        const { rows } = await pool.query<{ name: string }>(AWAY, ["batch"]);
        seen.push({ at: Date.now(), away: rows.map((r) => r.name) });
      });
      const person = rollouts.cordonAgainAndAgain(batch, over.signal);
      // Each has nodes of its own; what they share with each other and with the person is the pool.
      const halves = { one: batch.filter((_, i) => i % 2 === 0), two: batch.filter((_, i) => i % 2 === 1) };
      const ids = await Promise.all(
        Object.entries(halves).map(([name, own]) =>
          rollouts.plan({
            ...fast,
            change: { kind: "image-prewarm", params: { images: [`slow.example/lab/${name}:1`], runtime: null } },
            where: { nodes: own },
            policy: { ...quick, domain: "none" },
          }),
        ),
      );
      await Promise.all(ids.map((id) => rollouts.start(id)));
      const ended = await Promise.all(ids.map((id) => rollouts.ended(id, 240_000)));
      over.abort();
      const [cordons, { failed }] = await Promise.all([person, looking]);
      await pool.end();
      for (const one of ended) expect(one.phase, JSON.stringify(one.why)).toBe("succeeded");

      const most = Math.max(...seen.map((s) => s.away.length));
      expect(seen.filter((s) => s.away.length > MAX)).toEqual([]);
      // They did compete: the budget was used up, by the rollouts and by the person.
      expect(most).toBe(MAX);
      expect(cordons.length).toBeGreaterThanOrEqual(2);
      const done = await carriedOut(batch, journalled);
      const targets = (await Promise.all(ids.map((id) => rollouts.targets(id)))).flat();
      // What the person held at its turn is left out and said to be; all else was done, once.
      for (const { state, reason } of targets) expect([state, reason !== null]).toEqual([state, state === "skipped"]);
      const pulls = done.filter((c) => c.type === "image.pull");
      expect(pulls.map((c) => [c.node, c.result?.status, c.result?.changed]).sort()).toEqual(
        targets
          .filter((t) => t.state === "applied")
          .map((t) => [t.nodeName, "done", true])
          .sort(),
      );
      expect(pulls.length).toBeGreaterThan(1);
      const spans = [...spansOf(done), ...cordons];
      expect(mostAtOnce(spans)).toMatchObject({ count: MAX });
      console.log(
        `budget: ${seen.length} looks (${failed} while the database was away), ${cordons.length} cordons, at most ${most} of ${MAX} away`,
      );
    }, 300_000);

    it("leaves the fleet well", isFleetWell, 120_000);
  });
});

/** Nodes of a pool that count as away: in somebody's hands, or sick. */
const AWAY = `SELECT n.name FROM node n WHERE n.pool = $1 AND (n.state IN ('unhealthy', 'not_reporting')
  OR EXISTS (SELECT FROM lease l WHERE l.node_id = n.id AND l.active_key IS NOT NULL AND l.kind IN ('action', 'cordon')))`;

/** Names by wave; what is skipped is in none. */
function wavesOf(targets: readonly TargetRow[]): string[][] {
  const byWave = Map.groupBy(targets, (t) => t.wave);
  return [...byWave.keys()]
    .filter((wave) => wave >= 0)
    .sort((a, b) => a - b)
    .map((wave) => byWave.get(wave)?.map((t) => t.nodeName) ?? []);
}

const took = ({ startedAt, endedAt }: Pick<RolloutDetail, "startedAt" | "endedAt">): string =>
  startedAt && endedAt ? seconds(endedAt.getTime() - startedAt.getTime()) : "–";

/** When a node was in the hands of each command. */
const spansOf = (commands: readonly Journalled[]): Span[] =>
  commands.flatMap(({ node, startedAt, result }) =>
    startedAt && result ? [{ node, from: startedAt, to: result.endedAt }] : [],
  );
