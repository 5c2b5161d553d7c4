// Prometheus text format 0.0.4 and OpenMetrics text 1.0, whole documents: text → samples with their families, or the reason of refusal.
// The agent's periodic scrape wants a few metrics out of thousands of lines: see promtext-stream.ts for that.
import { readClassic } from "./promtext-classic.ts";
import { readOpenMetrics } from "./promtext-openmetrics.ts";
import { PromTextError } from "./promtext-scan.ts";
import type { Exposition } from "./promtext-types.ts";

export type PromTextFormat = "prometheus" | "openmetrics";

export interface PromTextOptions {
  format: PromTextFormat;
  /** "utf8" (default) allows any quoted UTF-8 name, "legacy" only the classic character set. */
  names?: "utf8" | "legacy";
}

/** A document, or why it was refused and on which line (from 1). */
export type PromTextResult = ({ ok: true } & Exposition) | { ok: false; line: number; reason: string };

/**
 * Reads a whole document and checks every rule of its format. Never throws on any input.
 * Sources: "Exposition formats" and "OpenMetrics 1.0" on prometheus.io; where the texts leave room, what the reference parsers do.
 */
export function parsePromText(input: string | Uint8Array, options: PromTextOptions): PromTextResult {
  const text = decode(input);
  if (text === null) return { ok: false, line: 0, reason: "not UTF-8" };
  const lines = text.split("\n");
  const cursor = { line: 0 };
  const utf8Names = options.names !== "legacy";
  try {
    const read = options.format === "openmetrics" ? readOpenMetrics : readClassic;
    return { ok: true, ...read(lines, cursor, utf8Names) };
  } catch (err) {
    if (!(err instanceof PromTextError)) throw err;
    return { ok: false, line: cursor.line, reason: err.message };
  }
}

function decode(input: string | Uint8Array): string | null {
  if (typeof input === "string") return input.isWellFormed() ? input : null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    return null; // the decoder's only failure is malformed input
  }
}
