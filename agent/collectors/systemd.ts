// Fact "systemd": whether the first process answers, and which units failed or are started again and again. Asked by systemctl with a deadline.
import type { FactData } from "../../protocol/facts.ts";
import { floorTo, significant, stepUp } from "../host/round.ts";
import { type RunResult, run } from "../host/run.ts";
import { parseShow } from "../host/systemctl.ts";
import { systemdRuns } from "../modules/specs.ts";
import { defineCollector } from "./define.ts";

type Systemd = FactData["systemd"];

const FAILED_MAX = 50;

/** Units that failed, from their properties. */
export const failedUnits = (blocks: readonly Record<string, string>[]): NonNullable<Systemd["failed"]> =>
  blocks
    .filter((unit) => unit.ActiveState === "failed" && unit.Id)
    .map((unit) => ({ unit: unit.Id ?? "", result: unit.Result ?? "", description: unit.Description ?? "" }))
    .sort((a, b) => (a.unit < b.unit ? -1 : 1))
    .slice(0, FAILED_MAX);

const WINDOW_MS = 15 * 60_000;
const RESTARTS_MAX = 20;

/** Restarts of each service over a sliding window: NRestarts only tells the sum since the unit was last started by hand. */
export class RestartCounts {
  readonly #history = new Map<string, { at: number; total: number }[]>();

  look(blocks: readonly Record<string, string>[], now: number): NonNullable<Systemd["restarts"]> {
    const seen = new Set<string>();
    const rows: NonNullable<Systemd["restarts"]> = [];
    for (const { Id: unit, NRestarts } of blocks) {
      if (!unit || NRestarts === undefined) continue;
      const total = Number(NRestarts) || 0;
      const kept = (this.#history.get(unit) ?? []).filter((old) => now - old.at <= WINDOW_MS);
      // Fewer than before: somebody started it anew, and counting with it.
      const list = [...(kept.some((old) => old.total > total) ? [] : kept), { at: now, total }];
      this.#history.set(unit, list);
      seen.add(unit);
      const first = list[0];
      const recent = first ? total - first.total : 0;
      if (recent > 0) rows.push({ unit, total, recent, overMs: floorTo(now - (first?.at ?? now), 60_000) });
    }
    for (const unit of this.#history.keys()) if (!seen.has(unit)) this.#history.delete(unit);
    return rows.sort((a, b) => b.recent - a.recent || (a.unit < b.unit ? -1 : 1)).slice(0, RESTARTS_MAX);
  }
}

/** What the list of units tells. One that did not come, or not to its end, tells nothing: what is missing in it has neither mended nor restarted. */
export function unitsTold(
  answer: Pick<RunResult, "code" | "stdout" | "timedOut" | "truncated">,
  counts: RestartCounts,
  now: number,
): Pick<Systemd, "failed" | "restarts"> {
  if (answer.code !== 0 || answer.timedOut || answer.truncated) return { failed: null, restarts: null };
  const blocks = parseShow(answer.stdout);
  return { failed: failedUnits(blocks), restarts: counts.look(blocks, now) };
}

const NONE: Systemd = {
  present: false,
  version: null,
  state: null,
  latencyMs: null,
  error: null,
  silentSince: null,
  units: null,
  jobs: null,
  failed: [],
  restarts: [],
};
const DEADLINE_MS = 10_000;
const restarts = new RestartCounts();
let silentSince: number | null = null;

const isSilence = (text: string): boolean =>
  /timed out|Failed to connect to bus|Connection refused|not been booted|Transport endpoint|No such file/i.test(text);

export const systemd = defineCollector({
  kind: "systemd",
  everyMs: 60_000,
  timeoutMs: 40_000,
  read: async () => {
    if (!systemdRuns()) return NONE;
    const askedAt = Date.now();
    const show = ["systemctl", "show", "-p", "Version", "-p", "SystemState", "-p", "NNames", "-p", "NJobs"];
    const manager = await run(show, { timeoutMs: DEADLINE_MS });
    const latencyMs = Date.now() - askedAt;
    if (manager.timedOut || manager.code !== 0) {
      const why = manager.stderr.trim();
      if (!manager.timedOut && !isSilence(why)) throw new Error(`systemctl show: ${why || `exit ${manager.code}`}`);
      silentSince ??= askedAt;
      const error = manager.timedOut ? `no answer within ${DEADLINE_MS} ms` : why;
      return {
        ...NONE,
        failed: null,
        restarts: null,
        present: true,
        latencyMs: stepUp(latencyMs, 100),
        error,
        silentSince,
      };
    }
    silentSince = null;
    const [head = {}] = parseShow(manager.stdout);
    const units = await run(
      [
        ...["systemctl", "show", "*.service", "*.mount", "*.socket", "*.swap", "*.timer", "*.automount"],
        ...["-p", "Id", "-p", "ActiveState", "-p", "Result", "-p", "NRestarts", "-p", "Description"],
      ],
      { timeoutMs: 20_000, maxBytes: 16_777_216 },
    );
    return {
      present: true,
      version: head.Version ?? null,
      state: head.SystemState ?? null,
      latencyMs: stepUp(latencyMs, 100),
      error: null,
      silentSince: null,
      units: significant(Number(head.NNames) || 0, 1),
      jobs: Number(head.NJobs) || 0,
      ...unitsTold(units, restarts, askedAt),
    };
  },
});
