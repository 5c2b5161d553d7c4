// A process's sign of life in the database, so that the console can show its own processes; written every ten seconds.
import type pg from "pg";

/** How often a process says that it lives, ms; the console calls it late after three. */
const BEAT_MS = 10_000;

export type Beat = {
  /** web | gateway | workers, with an instance suffix when there are several. */
  name: string;
  version: string;
  /** Small JSON shown with the process, read at every beat. */
  detail?: () => Record<string, unknown>;
};

/** One upsert. Times are the database's, so that processes on several machines compare. */
export async function writeBeat(db: Pick<pg.Pool, "query">, { name, version, detail }: Beat): Promise<void> {
  await db.query(
    `INSERT INTO process_beat (name, pid, version, started_at, beat_at, detail)
     VALUES ($1, $2, $3, now() - make_interval(secs => $4), now(), $5::jsonb)
     ON CONFLICT (name) DO UPDATE SET pid = excluded.pid, version = excluded.version, beat_at = excluded.beat_at, detail = excluded.detail,
       started_at = CASE WHEN process_beat.pid = excluded.pid THEN process_beat.started_at ELSE excluded.started_at END`,
    [name, process.pid, version, process.uptime(), JSON.stringify(detail?.() ?? {})],
  );
}

/** Beats now and every BEAT_MS until stopped. A failed beat is only told to `onError`: the database comes back, the process goes on. */
export function startBeat(
  db: Pick<pg.Pool, "query">,
  beat: Beat,
  onError: (err: unknown) => void,
): { stop: () => void } {
  let isWriting = false;
  const write = async () => {
    if (isWriting) return;
    isWriting = true;
    await writeBeat(db, beat).catch(onError);
    isWriting = false;
  };
  void write();
  const timer = setInterval(write, BEAT_MS);
  return { stop: () => clearInterval(timer) };
}
