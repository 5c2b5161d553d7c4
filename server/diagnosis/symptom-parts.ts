// Parts that symptoms are made of: what is known of a container, and what one symptom says. Pure.
import type { Area } from "../../checks/define.ts";
import type { Text } from "../../protocol/text.ts";
import type { VerdictSide } from "./schema.ts";

/** What is known of a container; null where this node cannot tell. Bytes, ms, ratios 0–1. */
export type Container = {
  state: "created" | "running" | "paused" | "exited" | "unknown";
  exitCode: number | null;
  reason: string | null;
  /** How long it has been in this state as far as that is known. */
  ageMs: number | null;
  /** Starts after the first within the last 15 min, and how the one before ended. */
  restarts: number;
  lastExit: { code: number | null; reason: string | null } | null;
  memoryLimitBytes: number | null;
  memoryUsedBytes: number | null;
  memoryPeakBytes: number | null;
  /** How long ago the kernel last ended a process of its own control group for memory; null: never, as far as was seen. */
  oomAgoMs: number | null;
  pidsCurrent: number | null;
  pidsMax: number | null;
  pidsRefusedAgoMs: number | null;
  throttledRatio: number | null;
  openFiles: number | null;
  openFilesMax: number | null;
  isFrozen: boolean | null;
  /** Who keeps it frozen on purpose. */
  frozenBy: string | null;
  health: "starting" | "healthy" | "unhealthy" | null;
};

export type Symptom = {
  id: string;
  /** The cause that it mostly is. */
  cause: string | null;
  /** Where no trouble of the node explains it. */
  side: VerdictSide;
  /** It is the container's, whatever else is wrong on the node. */
  isOwn: boolean;
  isWell: boolean;
  text: Text;
  because: readonly Text[];
  /** Areas whose troubles on the node explain it. */
  areas: readonly Area[];
};

export const t = (en: string, zh: string): Text => ({ en, zh });

/** What happened longer ago is not what is asked about now. */
export const RECENT_MS = 15 * 60_000;

export const symptom = (id: string, rest: Partial<Symptom> & Pick<Symptom, "text">): Symptom => ({
  id,
  cause: null,
  side: "unsure",
  isOwn: false,
  isWell: false,
  because: [],
  areas: [],
  ...rest,
});

const mebi = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

/** Limit and most use, in words. */
export function memoryWords({
  memoryLimitBytes: limit,
  memoryUsedBytes: used,
  memoryPeakBytes: peak,
}: Container): Text[] {
  if (limit === null) return [];
  const most = peak ?? used;
  return [
    most === null
      ? t(`Its limit is ${mebi(limit)}.`, `其内存上限为 ${mebi(limit)}。`)
      : t(
          `Its limit is ${mebi(limit)}, the most it used is ${mebi(most)}.`,
          `其内存上限为 ${mebi(limit)}，最高用到 ${mebi(most)}。`,
        ),
  ];
}

/** Titles begin with a capital; names of programs and abbreviations keep theirs. */
export const lowerFirst = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text;
