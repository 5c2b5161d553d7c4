// Asks an endpoint once, bounded in time; the body is thrown away. Keeps since when each has been failing.
import { connect } from "node:net";
import { stepUp } from "./round.ts";

export type Answer = { ok: boolean; status: number | null; latencyMs: number; error: string | null };

/** local: only a success is one; egress: whoever answers is reachable, also one that wants a password. */
export const isGood = (status: number, scope: "local" | "egress"): boolean =>
  scope === "local" ? status >= 200 && status < 400 : status < 500;

/** The reason in a word or two: Node wraps the system's error into "fetch failed". */
export function reasonOf(err: unknown): string {
  const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err;
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === "TimeoutError" || cause.name === "AbortError") return "no answer in time";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : null;
  return code ?? cause.message.slice(0, 200);
}

function tcp(host: string, port: number, ms: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(ms, () => finish("no answer in time"));
    socket.on("connect", () => finish(null));
    socket.on("error", (err) => finish(reasonOf(err)));
    const finish = (error: string | null) => {
      socket.destroy();
      resolve(error);
    };
  });
}

/** One question. Redirects are not followed: the answer itself shows that somebody is there. */
export async function probeUrl(url: string, scope: "local" | "egress", ms = 5_000): Promise<Answer> {
  const started = performance.now();
  const done = (ok: boolean, status: number | null, error: string | null): Answer => ({
    ok,
    status,
    latencyMs: stepUp(performance.now() - started, 20),
    error,
  });
  try {
    const target = new URL(url);
    if (target.protocol === "tcp:") {
      const error = await tcp(target.hostname.replace(/^\[|\]$/g, ""), Number(target.port), ms);
      return done(error === null, null, error);
    }
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(ms) });
    await response.body?.cancel();
    const ok = isGood(response.status, scope);
    return done(ok, response.status, ok ? null : `HTTP ${response.status}`);
  } catch (err) {
    return done(false, null, reasonOf(err));
  }
}

/** Remembers failures between looks. */
export class Failures {
  readonly #since = new Map<string, { at: number; count: number }>();

  keep<A extends { ok: boolean }>(
    key: string,
    answer: A,
    now: number,
  ): A & { failingSince: number | null; failures: number } {
    if (answer.ok) {
      this.#since.delete(key);
      return { ...answer, failingSince: null, failures: 0 };
    }
    const known = this.#since.get(key);
    const kept = { at: known?.at ?? now, count: Math.min(100, (known?.count ?? 0) + 1) };
    this.#since.set(key, kept);
    return { ...answer, failingSince: kept.at, failures: kept.count };
  }
}

/** Without user, password and query, which may be secret. */
export function plainUrl(url: string): string {
  const target = new URL(url);
  return `${target.protocol}//${target.host}${target.pathname === "/" ? "" : target.pathname}`;
}
