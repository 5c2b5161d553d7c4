// Spans of time as people type them.
import { EXIT, UserError } from "./errors.ts";

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90s", "30m", "2h", "3d" in ms. @throws UserError for anything else */
export function spanMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit ?? ""];
  if (amount === undefined || factor === undefined)
    throw new UserError(`${text} is no span of time`, "write 90s, 30m, 2h or 3d", EXIT.usage);
  return Math.round(Number(amount) * factor);
}
