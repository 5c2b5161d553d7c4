// Answers to heartbeats: gathered while the event loop reads, written once it has, one to each session however many it sent in that turn.
import type { Duplex } from "node:stream";
import { pulseFrame } from "../protocol/heartbeat.ts";
import { counted } from "../server/core/metrics.ts";

/** A session that is owed an answer. */
export type Answering = {
  /** `at` of the latest heartbeat that is not answered yet; NaN when there is none. */
  echo: number;
  /** Where the answer goes; null when it may not be sent any more. */
  outlet: () => Duplex | null;
};

let due: Answering[] = [];
let heard = 0;

function answerAll(): void {
  const [sessions, count] = [due, heard];
  due = [];
  heard = 0;
  counted("frame", "heartbeat", count);
  const now = Date.now();
  for (const session of sessions) {
    const { echo } = session;
    session.echo = Number.NaN;
    session.outlet()?.write(pulseFrame(echo, now));
  }
}

/** Answers this heartbeat at the end of the turn; a later one of the same session takes its place until then. */
export function answerSoon(session: Answering, at: number): void {
  if (heard === 0) setImmediate(answerAll);
  heard += 1;
  if (Number.isNaN(session.echo)) due.push(session);
  session.echo = at;
}
