// The life of the agent's connection as a pure reducer: (state, event, now) → state + effects. link.ts carries the effects out.
import {
  HANDSHAKE_TIMEOUT_MS,
  HEARTBEAT_MS,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  SESSION_SILENCE_MS,
} from "../../protocol/constants.ts";
import type { GatewayToAgent } from "../../protocol/messages.ts";

/** connecting: socket opens; greeting: hello is sent; live: welcomed; waiting: until `until`; stopped: shut down. */
export type ConnectionState = {
  phase: "connecting" | "greeting" | "live" | "waiting" | "stopped";
  /** Since when in this phase, ms. */
  since: number;
  /** Failed attempts in a row. */
  attempt: number;
  /** waiting: when to try again. */
  until: number;
  heartbeatMs: number;
  nextHeartbeatAt: number;
  /** Last frame of the gateway. */
  heardAt: number;
  /** Node clock minus gateway clock, ms; null before the first pulse. */
  clockOffsetMs: number | null;
  reconnects: number;
  /** Why the last session or attempt ended. */
  reason: string | null;
};

export type ConnectionEvent =
  | { type: "start" }
  | { type: "opened" }
  /** `wall` is the node's clock (epoch ms), which may jump; `now` does not. */
  | { type: "message"; message: GatewayToAgent; wall: number }
  | { type: "closed"; reason: string }
  /** Time passed; sent at least each second. */
  | { type: "tick" }
  | { type: "stop" };

export type Effect =
  | { type: "connect" }
  | { type: "hello" }
  | { type: "heartbeat" }
  | { type: "close"; reason: string }
  /** The session is up: facts and spool may flow. */
  | { type: "welcomed"; message: GatewayToAgent & { type: "welcome" } }
  | { type: "handle"; message: GatewayToAgent };

export type Step = { state: ConnectionState; effects: Effect[] };

/** Before the first connection. */
export const initialState = (now: number): ConnectionState => ({
  phase: "waiting",
  since: now,
  attempt: 0,
  until: now,
  heartbeatMs: HEARTBEAT_MS,
  nextHeartbeatAt: 0,
  heardAt: 0,
  clockOffsetMs: null,
  reconnects: 0,
  reason: null,
});

/** Longest delay before attempt number `attempt` (0-based): doubles from RECONNECT_MIN_MS to RECONNECT_MAX_MS. */
export const delayCap = (attempt: number): number =>
  Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(attempt, 16));

/** The longest that a gateway can send this node away, ms: a refusal may be wrong, and nobody walks to ten thousand nodes to undo it. */
export const AWAY_MAX_MS = 900_000;

const atMost = (floorMs: number): number => Math.min(Math.max(floorMs, 0), AWAY_MAX_MS);

/** A session shorter than this counts as a failed attempt, so that a gateway which drops us at once is not hammered. */
const SETTLED_MS = 30_000;

/**
 * One step. `now` is monotonic. `random` (0–1) is the jitter: the delay is anywhere between a tenth of the cap and the cap, plus the floor that the gateway asked for.
 */
export function step(state: ConnectionState, event: ConnectionEvent, now: number, random: number): Step {
  const same = { state, effects: [] };
  const wait = (reason: string, floorMs = 0): ConnectionState => {
    const settled = state.phase === "live" && now - state.since >= SETTLED_MS;
    const attempt = settled ? 0 : state.attempt;
    const cap = delayCap(attempt);
    const until = now + floorMs + Math.round(cap / 10 + random * cap * 0.9);
    const reconnects = state.reconnects + (state.phase === "live" ? 1 : 0);
    return { ...state, phase: "waiting", since: now, attempt: attempt + 1, until, reason, reconnects };
  };
  const close = (reason: string, floorMs = 0): Step => ({
    state: wait(reason, floorMs),
    effects: [{ type: "close", reason }],
  });

  if (state.phase === "stopped") return same;
  switch (event.type) {
    case "stop":
      return {
        state: { ...state, phase: "stopped", since: now, reason: "stopping" },
        effects: [{ type: "close", reason: "agent stops" }],
      };
    case "start":
    case "tick":
      return onTick(state, now, close);
    case "opened":
      if (state.phase !== "connecting") return same;
      return { state: { ...state, phase: "greeting", since: now, heardAt: now }, effects: [{ type: "hello" }] };
    case "closed":
      if (state.phase === "waiting") return same;
      return { state: wait(event.reason), effects: [] };
    case "message":
      return onMessage(state, event, now, close);
  }
}

function onTick(state: ConnectionState, now: number, close: (reason: string) => Step): Step {
  const same = { state, effects: [] };
  switch (state.phase) {
    case "waiting":
      if (now < state.until) return same;
      return { state: { ...state, phase: "connecting", since: now }, effects: [{ type: "connect" }] };
    case "connecting":
    case "greeting":
      if (now - state.since < HANDSHAKE_TIMEOUT_MS) return same;
      return close(state.phase === "connecting" ? "could not connect in time" : "no welcome in time");
    case "live":
      // Answers to heartbeats are the proof of life in the other direction: without them this may be half a connection.
      if (now - state.heardAt >= SESSION_SILENCE_MS) return close("gateway is silent");
      if (now < state.nextHeartbeatAt) return same;
      return { state: { ...state, nextHeartbeatAt: now + state.heartbeatMs }, effects: [{ type: "heartbeat" }] };
    case "stopped":
      return same;
  }
}

function onMessage(
  state: ConnectionState,
  { message, wall }: ConnectionEvent & { type: "message" },
  now: number,
  close: (reason: string, floorMs?: number) => Step,
): Step {
  const heard = { ...state, heardAt: now };
  if (message.type === "refused") {
    const reason = `refused: ${message.code}: ${message.message}`;
    return close(reason, atMost(message.retryAfterMs ?? AWAY_MAX_MS));
  }
  if (message.type === "drain") return close("gateway drains", atMost(message.reconnectAfterMs));
  if (state.phase === "greeting") {
    if (message.type !== "welcome") return close(`expected a welcome, got ${message.type}`);
    const heartbeatMs = Math.min(Math.max(message.heartbeatMs, 1_000), 60_000);
    const live: ConnectionState = {
      ...heard,
      phase: "live",
      since: now,
      heartbeatMs,
      nextHeartbeatAt: now,
      reason: null,
    };
    return { state: live, effects: [{ type: "welcomed", message }] };
  }
  if (state.phase !== "live") return { state, effects: [] };
  if (message.type === "pulse") {
    // The answer was made half a round trip ago: the gateway said `at` when this node's clock stood at the middle of sending and hearing.
    const clockOffsetMs = Math.round((message.echo + wall) / 2 - message.at);
    return { state: { ...heard, clockOffsetMs }, effects: [] };
  }
  if (message.type === "welcome") return close("a second welcome");
  return { state: heard, effects: [{ type: "handle", message }] };
}
