// What a collector is: one kind of fact, how often, how long it may take, and how it looks. The harness does the rest.
import type { FactData, FactKind } from "../../protocol/facts.ts";
import type { AgentConfig } from "../config.ts";
import type { ProcessTableReader } from "../host/process-table.ts";
import type { LogWatch } from "../logs/watch.ts";
import type { MemoryFile } from "../memory.ts";
import type { ModuleWatch } from "../modules/watch.ts";
import type { RuntimeWatch } from "../runtimes/watch.ts";
import type { StatePaths } from "../state.ts";

/** What collectors share. */
export type CollectorContext = {
  config: AgentConfig;
  paths: StatePaths;
  table: ProcessTableReader;
  runtimes: RuntimeWatch;
  modules: ModuleWatch;
  memory: MemoryFile;
  logs: LogWatch;
  agentVersion: string;
  bootId: string;
  /** Whether looking may keep copies (the last good CNI files); not in a one-time look. */
  keeps: boolean;
  /** Node clock minus gateway clock, ms. */
  clockOffsetMs: () => number | null;
  /** The agent's own numbers. */
  agent: () => {
    spooled: number;
    dropped: number;
    reconnects: number;
    failing: Record<string, string>;
    trust: FactData["agent"]["trust"];
  };
  /** Latest outcome of another kind, as it was sent. */
  latest: <K extends FactKind>(kind: K) => FactData[K] | null;
};

export type Collector<K extends FactKind = FactKind> = {
  kind: K;
  /** Between the end of a look and the next, ms. */
  everyMs: number;
  /** A look that takes longer counts as failed, ms. */
  timeoutMs: number;
  /** Looks. @throws when it cannot; the reason becomes the fact's error */
  read: (ctx: CollectorContext) => Promise<FactData[K]> | FactData[K];
};

/** Collectors as often as this node's configuration wants them, where that is more often than by themselves. */
export const paced = (list: readonly Collector[], looks: AgentConfig["looks"]): Collector[] =>
  list.map((one) => ({ ...one, everyMs: Math.min(one.everyMs, looks[one.kind] ?? one.everyMs) }));

/** Keeps the literal kind. */
export const defineCollector = <const K extends FactKind>(collector: Collector<K>): Collector<K> => collector;
