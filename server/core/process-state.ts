// How the console's own processes stand, from their beats. "missing" is said of every process that ought to be there.

export const expectedProcesses = ["web", "gateway", "workers", "dispatcher"] as const;
/** A beat comes each 10 s; three missed ones are late. */
export const BEAT_LATE_AFTER_MS = 35_000;

export type ProcessState = { name: string; state: "ok" | "late" | "missing"; beatAt: Date | null; version: string };

export function processStates(beats: { name: string; beatAt: Date; version: string }[], now: Date): ProcessState[] {
  return expectedProcesses.map((name) => {
    const beat = beats
      .filter((b) => b.name === name || b.name.startsWith(`${name}-`))
      .sort((a, b) => b.beatAt.getTime() - a.beatAt.getTime())[0];
    if (!beat) return { name, state: "missing", beatAt: null, version: "" };
    const isLate = now.getTime() - beat.beatAt.getTime() > BEAT_LATE_AFTER_MS;
    return { name, state: isLate ? "late" : "ok", beatAt: beat.beatAt, version: beat.version };
  });
}
