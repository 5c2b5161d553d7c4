// How fast file systems fill: keeps a few hours of samples and lays a line through them. Lost with the agent's process, which costs half an hour.
import type { FactData } from "../../protocol/facts.ts";
import { significant } from "../host/round.ts";

export type Sample = { at: number; usedBytes: number };

const KEEP_MS = 6 * 3_600_000;
const SAMPLE_EVERY_MS = 120_000;
/** Shorter histories are noise, ms. */
const HISTORY_MIN_MS = 30 * 60_000;
/** What would take longer to fill is not worth telling, hours. */
const HORIZON_H = 72;

/** Slope of the least-squares line, bytes per hour; null for less than half an hour of samples. */
export function slopeOf(samples: readonly Sample[]): { bytesPerHour: number; overMs: number } | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || samples.length < 5 || last.at - first.at < HISTORY_MIN_MS) return null;
  const x = (s: Sample) => (s.at - first.at) / 3_600_000;
  const meanX = samples.reduce((sum, s) => sum + x(s), 0) / samples.length;
  const meanY = samples.reduce((sum, s) => sum + s.usedBytes, 0) / samples.length;
  let above = 0;
  let below = 0;
  for (const s of samples) {
    above += (x(s) - meanX) * (s.usedBytes - meanY);
    below += (x(s) - meanX) ** 2;
  }
  return below > 0 ? { bytesPerHour: above / below, overMs: last.at - first.at } : null;
}

export class Growth {
  readonly #samples = new Map<string, Sample[]>();

  /** Takes a sample of each file system and tells which ones fill within the horizon. */
  look(filesystems: FactData["filesystems"], now: number): FactData["mountHealth"]["growth"] {
    const present = new Set(filesystems.map((fs) => fs.mountPoint));
    for (const mountPoint of this.#samples.keys()) if (!present.has(mountPoint)) this.#samples.delete(mountPoint);
    return filesystems.flatMap((fs) => {
      if (fs.error !== null || fs.readOnly || fs.totalBytes === 0) return [];
      const samples = (this.#samples.get(fs.mountPoint) ?? []).filter((s) => now - s.at <= KEEP_MS);
      const last = samples.at(-1);
      if (!last || now - last.at >= SAMPLE_EVERY_MS) samples.push({ at: now, usedBytes: fs.usedBytes });
      this.#samples.set(fs.mountPoint, samples);
      const slope = slopeOf(samples);
      if (!slope || slope.bytesPerHour <= 0 || fs.availableBytes / slope.bytesPerHour > HORIZON_H) return [];
      const overMs = Math.floor(slope.overMs / HISTORY_MIN_MS) * HISTORY_MIN_MS;
      return [{ mountPoint: fs.mountPoint, bytesPerHour: significant(slope.bytesPerHour, 1), overMs }];
    });
  }
}
