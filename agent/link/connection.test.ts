// The connection's reducer as a table: state, event, what follows. And: over any run of events it never connects without having waited.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  HANDSHAKE_TIMEOUT_MS,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  SESSION_SILENCE_MS,
} from "../../protocol/constants.ts";
import type { GatewayToAgent } from "../../protocol/messages.ts";
import { AWAY_MAX_MS, type ConnectionEvent, type ConnectionState, delayCap, initialState, step } from "./connection.ts";

const welcome: GatewayToAgent = {
  type: "welcome",
  v: 1,
  at: 0,
  heartbeatMs: 5_000,
  ackedSeq: 0,
  hashes: {},
  trust: null,
  freeze: { payload: new Uint8Array(), keyId: null, signature: null },
};
const says = (message: GatewayToAgent, wall = 0): ConnectionEvent => ({ type: "message", message, wall });
const state = (over: Partial<ConnectionState>): ConnectionState => ({ ...initialState(0), ...over });
const live = state({ phase: "live", since: 0, heardAt: 100_000, nextHeartbeatAt: 100_000 });
const NOW = 100_000;

type Case = {
  name: string;
  from: ConnectionState;
  event: ConnectionEvent;
  phase: ConnectionState["phase"];
  effects: string[];
};

const cases: Case[] = [
  {
    name: "connects at once at the start",
    from: initialState(NOW),
    event: { type: "start" },
    phase: "connecting",
    effects: ["connect"],
  },
  {
    name: "waits until it is time",
    from: state({ until: NOW + 1 }),
    event: { type: "tick" },
    phase: "waiting",
    effects: [],
  },
  {
    name: "connects when it is time",
    from: state({ until: NOW }),
    event: { type: "tick" },
    phase: "connecting",
    effects: ["connect"],
  },
  {
    name: "greets first",
    from: state({ phase: "connecting", since: NOW }),
    event: { type: "opened" },
    phase: "greeting",
    effects: ["hello"],
  },
  {
    name: "gives up a connect that takes too long",
    from: state({ phase: "connecting", since: NOW - HANDSHAKE_TIMEOUT_MS }),
    event: { type: "tick" },
    phase: "waiting",
    effects: ["close"],
  },
  {
    name: "gives up when no welcome comes",
    from: state({ phase: "greeting", since: NOW - HANDSHAKE_TIMEOUT_MS }),
    event: { type: "tick" },
    phase: "waiting",
    effects: ["close"],
  },
  {
    name: "goes live when welcomed",
    from: state({ phase: "greeting", since: NOW }),
    event: says(welcome),
    phase: "live",
    effects: ["welcomed"],
  },
  {
    name: "wants a welcome first",
    from: state({ phase: "greeting", since: NOW }),
    event: says({ type: "ack", seq: 1 }),
    phase: "waiting",
    effects: ["close"],
  },
  { name: "wants one welcome only", from: live, event: says(welcome), phase: "waiting", effects: ["close"] },
  { name: "beats when it is time", from: live, event: { type: "tick" }, phase: "live", effects: ["heartbeat"] },
  {
    name: "does not beat too early",
    from: { ...live, nextHeartbeatAt: NOW + 1 },
    event: { type: "tick" },
    phase: "live",
    effects: [],
  },
  {
    name: "leaves a silent gateway",
    from: { ...live, heardAt: NOW - SESSION_SILENCE_MS },
    event: { type: "tick" },
    phase: "waiting",
    effects: ["close"],
  },
  {
    name: "hands commands on",
    from: live,
    event: says({ type: "collect", kinds: [] }),
    phase: "live",
    effects: ["handle"],
  },
  {
    name: "hears nothing before it is live",
    from: state({ phase: "waiting" }),
    event: says({ type: "collect", kinds: [] }),
    phase: "waiting",
    effects: [],
  },
  {
    name: "waits after a lost connection",
    from: live,
    event: { type: "closed", reason: "x" },
    phase: "waiting",
    effects: [],
  },
  {
    name: "follows a drain",
    from: live,
    event: says({ type: "drain", reconnectAfterMs: 9_000 }),
    phase: "waiting",
    effects: ["close"],
  },
  {
    name: "comes back after a refusal with a time",
    from: live,
    event: says({ type: "refused", code: "overload", message: "", retryAfterMs: 5_000 }),
    phase: "waiting",
    effects: ["close"],
  },
  {
    name: "goes away after a refusal without a time",
    from: live,
    event: says({ type: "refused", code: "revoked", message: "", retryAfterMs: null }),
    phase: "waiting",
    effects: ["close"],
  },
  { name: "stops", from: live, event: { type: "stop" }, phase: "stopped", effects: ["close"] },
  { name: "stays stopped", from: state({ phase: "stopped" }), event: { type: "start" }, phase: "stopped", effects: [] },
];

describe("connection", () => {
  it.each([
    ["a refusal without a time", { type: "refused", code: "revoked", message: "", retryAfterMs: null }],
    ["a refusal for years", { type: "refused", code: "overload", message: "", retryAfterMs: 1e12 }],
    ["a drain for years", { type: "drain", reconnectAfterMs: 1e12 }],
  ] as const)("comes back a quarter of an hour after %s", (_, message) => {
    const { state: away } = step(live, says(message), NOW, 1);
    expect(step(away, { type: "tick" }, NOW + AWAY_MAX_MS, 1).effects).toEqual([]);
    expect(step(away, { type: "tick" }, NOW + AWAY_MAX_MS + RECONNECT_MAX_MS, 1).effects).toEqual([
      { type: "connect" },
    ]);
  });

  for (const { name, from, event, phase, effects } of cases) {
    it(name, () => {
      const next = step(from, event, NOW, 0.5);
      expect([next.state.phase, next.effects.map((e) => e.type)]).toEqual([phase, effects]);
    });
  }

  it("waits at least as long as the gateway asks, plus jitter", () => {
    const drained = step(live, says({ type: "drain", reconnectAfterMs: 9_000 }), NOW, 0);
    expect(drained.state.until).toBeGreaterThan(NOW + 9_000);
  });

  it("waits longer with each failure, up to the limit, never less than a tenth of the cap", () => {
    let s = state({ phase: "connecting" });
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      s = step({ ...s, phase: "connecting" }, { type: "closed", reason: "refused" }, NOW, 1).state;
      waits.push(s.until - NOW);
    }
    expect(waits[0]).toBe(RECONNECT_MIN_MS);
    expect(waits.at(-1)).toBe(RECONNECT_MAX_MS);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it("forgets failures only after a session that lasted", () => {
    const short = step({ ...live, attempt: 5, since: NOW - 1_000 }, { type: "closed", reason: "x" }, NOW, 1).state;
    const long = step({ ...live, attempt: 5, since: NOW - 60_000 }, { type: "closed", reason: "x" }, NOW, 1).state;
    expect([short.attempt, long.attempt]).toEqual([6, 1]);
  });

  it("computes the clock offset without the round trip", () => {
    // sent at 1000, heard at 1100 by the node's clock; the gateway answered at 2050 by its own: the node is 1000 behind
    const next = step(live, says({ type: "pulse", echo: 1_000, at: 2_050 }, 1_100), NOW, 0);
    expect(next.state.clockOffsetMs).toBe(-1_000);
  });

  it("never connects twice without having waited in between, whatever happens", () => {
    const event: fc.Arbitrary<ConnectionEvent> = fc.oneof(
      { weight: 6, arbitrary: fc.constant<ConnectionEvent>({ type: "tick" }) },
      fc.constant<ConnectionEvent>({ type: "opened" }),
      fc.constant<ConnectionEvent>({ type: "closed", reason: "x" }),
      fc.constant(says(welcome)),
      fc.constant(says({ type: "drain", reconnectAfterMs: 0 })),
      fc.constant(says({ type: "refused", code: "overload", message: "", retryAfterMs: 0 })),
      fc.constant(says({ type: "ack", seq: 1 })),
    );
    const timed = fc.record({
      event,
      passes: fc.integer({ min: 0, max: 2_000 }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(timed, { maxLength: 200 }), (run) => {
        let now = 0;
        let s = step(initialState(0), { type: "start" }, 0, 0).state;
        let last = 0;
        for (const { event: e, passes, random } of run) {
          now += passes;
          const next = step(s, e, now, random);
          s = next.state;
          if (!next.effects.some((f) => f.type === "connect")) continue;
          expect(now - last).toBeGreaterThanOrEqual(RECONNECT_MIN_MS / 10);
          last = now;
        }
      }),
    );
    expect(delayCap(0)).toBe(RECONNECT_MIN_MS);
  });
});
