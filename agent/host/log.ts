// The agent's log: one JSON line per event on stdout, where systemd or the supervisor keeps it. Smaller than a logging library.

export type Level = "debug" | "info" | "warn" | "error";
export type Log = (level: Level, message: string, detail?: Record<string, unknown>) => void;

/** Writes lines at `least` or above. Never throws. */
export function makeLog(
  least: Level = "info",
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  const order: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };
  return (level, message, detail) => {
    if (order[level] < order[least]) return;
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...detail })}\n`);
  };
}

/** Says nothing; for tests and one-shot commands. */
export const silentLog: Log = () => undefined;
