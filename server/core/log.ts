// Structured logs: pino, one wide line per unit of work, secrets never.
import pino from "pino";

export type Logger = pino.Logger;

/** A process's root logger, JSON on stdout. */
export function createLogger(process: string, level: string): Logger {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["*.password", "*.token", "*.secret", "*.authorization", "*.cookie"], censor: "[redacted]" },
  });
}
