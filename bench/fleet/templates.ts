// Facts of a simulated node: a small well node as an agent would send it, and for each kind that moves some variants with their hashes, shared by the whole fleet.
import { factHash } from "../../agent/link/facts-outbox.ts";
import { type FactKind, factKinds } from "../../protocol/facts.ts";
import type { WireFact } from "../../protocol/messages.ts";
import { healthyData, NOW } from "../../testing/facts.ts";

/** Different contents of a kind; the next change of a node takes the next one. */
const VARIANTS = 16;
/** Numbers this near to the fixtures' instant are times, ms. */
const TIMES_WITHIN_MS = 60 * 24 * 3_600_000;

type Content = { data: unknown; hash: string };
export type Templates = {
  kinds: readonly FactKind[];
  /** Kinds whose content changes on a living node. */
  moving: readonly number[];
  /** The fact of kind number `kind`, in its variant, of one node. */
  fact: (kind: number, variant: number, node: Own, at: number) => WireFact;
  hash: (kind: number, variant: number, node: Own) => string;
};
/** What is a node's own in its facts. */
export type Own = { name: string; machineId: string; bootId: string; address: string };

/** Times in the fixtures, moved to now. */
function shift(value: unknown, byMs: number): unknown {
  if (typeof value === "number") return Math.abs(value - NOW) < TIMES_WITHIN_MS ? value + byMs : value;
  if (Array.isArray(value)) return value.map((item) => shift(item, byMs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shift(item, byMs)]));
}

type Data = ReturnType<typeof healthyData>;

/** What moves on a well node, a little off for each variant; far from every threshold. */
const movers: { [Kind in FactKind]?: (data: Data[Kind], i: number) => unknown } = {
  resources: (data, i) => ({
    ...data,
    load1: i / 10,
    load5: i / 12,
    cpuUsedRatio: 0.1 + i / 100,
    memoryUsedRatio: 0.2 + i / 200,
  }),
  pressure: (data, i) => ({ ...data, cpu: { some: { avg10: i / 10, avg60: i / 20, avg300: i / 40 }, full: null } }),
  containerUsage: (data, i) => data.map((use) => ({ ...use, cpuUsedMillis: use.cpuUsedMillis + i })),
  filesystems: (data, i) =>
    data.map((fs) => {
      const usedRatio = 0.3 + i / 100;
      const usedBytes = Math.round(fs.totalBytes * usedRatio);
      return { ...fs, usedRatio, usedBytes, availableBytes: fs.totalBytes - usedBytes };
    }),
  conntrack: (data, i) => (data === null ? data : { ...data, usedRatio: i / 100 }),
  processes: (data, i) => ({ ...data, total: data.total + i }),
  agent: (data, i) => ({ ...data, cpuMs: 1_000 * i }),
  containers: (data, i) => data.map((container) => ({ ...container, labels: { generation: String(i) } })),
  network: (data, i) => ({
    ...data,
    interfaces: data.interfaces.map((nic) => ({ ...nic, rxErrors: nic.rxErrors + (i % 2) })),
  }),
};

/** @param now epoch ms */
export function makeTemplates(now: number): Templates {
  const healthy = shift(healthyData(), now - NOW) as Data; // times moved, nothing else
  const contents = factKinds.map((kind) => {
    const move = movers[kind] as ((data: unknown, i: number) => unknown) | undefined; // each with the data of its own kind
    const count = move ? VARIANTS : 1;
    return Array.from({ length: count }, (_, i): Content => {
      const data = move ? move(healthy[kind], i) : healthy[kind];
      return { data, hash: factHash(data, null) };
    });
  });
  const identity = factKinds.indexOf("identity");
  const ownIdentity = ({ name, machineId, bootId, address }: Own) => ({
    ...healthy.identity,
    hostname: name,
    machineId,
    bootId,
    addresses: [address],
  });
  const content = (kind: number, variant: number, node: Own): Content => {
    if (kind === identity) {
      const data = ownIdentity(node);
      return { data, hash: factHash(data, null) };
    }
    const own = contents[kind] ?? [];
    return own[variant % own.length] ?? { data: null, hash: "" };
  };
  return {
    kinds: factKinds,
    moving: factKinds.flatMap((_, i) => (new Set(contents[i]?.map(({ hash }) => hash)).size > 1 ? [i] : [])),
    hash: (kind, variant, node) => content(kind, variant, node).hash,
    fact: (kind, variant, node, at) => {
      const { data, hash } = content(kind, variant, node);
      return { kind: factKinds[kind] ?? "identity", hash, at, data, error: null };
    },
  };
}
