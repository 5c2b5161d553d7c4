// Facts of simulated nodes for benchmarks: some dozens of busy nodes that differ, a few sick ones, as an agent would send them. The database spreads them over a fleet.
import { type FactKind, type Facts, factKinds } from "../protocol/facts.ts";
import { hexId, nodeFacts } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";

/** Containers of a busy node: upstream's default limit is 110 pods a node, large fleets run 30 to 50. */
const CONTAINERS = 30;

type Variant = { isSick: boolean; facts: Facts };

/** Small whole numbers that follow from two others, the same in each run. */
const noise = (a: number, b: number): number =>
  ((Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 7, 0x85ebca6b)) >>> 0) % 1_000;

const APP = hexId("app");
const POD = hexId("pod");
const marks = [APP, POD, "uid-web"];

/** The same item of another container. */
function another<T>(item: T, i: number): T {
  const text = JSON.stringify(item)
    .replaceAll(APP, hexId(`a${i}`))
    .replaceAll(POD, hexId(`p${i}`))
    .replaceAll("uid-web", `uid-web-${i}`)
    .replaceAll('"web"', `"web-${i}"`)
    .replaceAll("10.88.0.2", `10.88.${1 + (i >> 8)}.${i & 255}`)
    .replace(
      /"(pid|startTicks|index|ifindex|hostIndex)":(\d+)/g,
      (_all, name, value) => `"${name}":${Number(value) + i * 1_000}`,
    );
  return JSON.parse(text) as T; // what it was made of
}

/** Lists that speak of the one container get as many entries as there are containers. */
function busy(value: unknown, count: number): unknown {
  if (Array.isArray(value)) {
    const isOf = (item: unknown) => marks.some((mark) => JSON.stringify(item)?.includes(mark));
    return value.flatMap((item) =>
      isOf(item) ? [item, ...Array.from({ length: count - 1 }, (_, i) => another(item, i + 1))] : [busy(item, count)],
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, busy(one, count)]));
}

/** Numbers that move all the time on a living node, a little off for each; structure and states stay. */
function vary(facts: Facts, seed: number): Facts {
  const copy = structuredClone(facts);
  const { resources, filesystems, conntrack, containerUsage, identity, agent } = copy;
  const name = `node-${seed}`;
  if (identity?.data) Object.assign(identity.data, { hostname: name, serial: `SN${seed}` });
  if (resources?.data)
    Object.assign(resources.data, {
      load1: noise(seed, 1) / 250,
      cpuUsedRatio: noise(seed, 2) / 2_000,
      memoryUsedRatio: 0.3 + noise(seed, 3) / 4_000,
    });
  for (const [i, fs] of (filesystems?.data ?? []).entries()) {
    fs.usedRatio = Math.min(fs.usedRatio, 0.2 + noise(seed, 10 + i) / 4_000);
    fs.usedBytes = Math.round(fs.totalBytes * fs.usedRatio);
    fs.availableBytes = fs.totalBytes - fs.usedBytes;
  }
  if (conntrack?.data) conntrack.data.usedRatio = noise(seed, 4) / 4_000;
  for (const [i, use] of (containerUsage?.data ?? []).entries()) use.cpuUsedMillis = noise(seed, 100 + i);
  if (agent?.data) agent.data.cpuMs = noise(seed, 5) * 10;
  return copy;
}

/** @param good how many well nodes; sick ones are all that the catalogue's own fixtures know, each on a busy node */
export function variants(good: number): Variant[] {
  const busyFacts = busy(nodeFacts(), CONTAINERS) as Facts; // the same kinds, longer lists
  const well = Array.from({ length: good }, (_, i) => ({ isSick: false, facts: vary(busyFacts, i) }));
  const normal = nodeFacts();
  const sick = Object.values(faultFacts)
    .flat()
    .map(({ facts }, i) => {
      const differing = factKinds.filter((kind) => JSON.stringify(facts[kind]) !== JSON.stringify(normal[kind]));
      return { isSick: true, facts: { ...vary(busyFacts, good + i), ...pick(facts, differing) } };
    });
  return [...well, ...sick];
}

const pick = (facts: Facts, kinds: readonly FactKind[]): Facts =>
  Object.fromEntries(kinds.flatMap((kind) => (facts[kind] ? [[kind, facts[kind]]] : []))) as Facts; // each kind with its own fact
