// The two frames of the hot path, read and written without the codec: a heartbeat as every agent of ours packs it, and its answer. Whatever has another
// form takes the safe road through codec.ts, so that nothing is taken here that would be refused there.
import { Buffer } from "node:buffer";
import { encode } from "./codec.ts";

const FLOAT64 = 0xcb;
const SAMPLE = 1_700_000_000_000.5; // packed as a float64, as every time since 1970 in ms is

/** A frame up to its first float64, and what follows after the eight bytes. */
function around(frame: Uint8Array, from = 0): { before: Uint8Array; at: number; after: number } {
  const at = frame.indexOf(FLOAT64, from) + 1;
  return { before: frame.slice(from, at), at, after: at + 8 };
}

const beat = encode({ type: "heartbeat", at: SAMPLE, spooled: 0 });
const { before: BEAT_HEAD, after: BEAT_REST } = around(beat);
/** The name `spooled`, without the number behind it. */
const BEAT_TAIL = beat.slice(BEAT_REST, -1);
const NUMBER_AT = beat.length - 1;
/** Bytes of the number by its first byte: 0 to 127 stand for themselves, 0xcc uint8, 0xcd uint16, 0xce uint32. */
const SHORTEST = beat.length;
const LONGEST = beat.length + 4;

function hasNumber(first: number, length: number): boolean {
  if (length === SHORTEST) return first <= 0x7f;
  if (length === SHORTEST + 1) return first === 0xcc;
  if (length === SHORTEST + 2) return first === 0xcd;
  return length === LONGEST && first === 0xce;
}

/**
 * `at` of a heartbeat, or NaN when these bytes are anything else, or a heartbeat in another form: ask the codec then.
 * Allocates nothing.
 */
export function heartbeatAt(frame: Buffer): number {
  const { length } = frame;
  if (length < SHORTEST || length > LONGEST || !hasNumber(frame[NUMBER_AT] ?? 0, length)) return Number.NaN;
  for (let i = 0; i < BEAT_HEAD.length; i += 1) if (frame[i] !== BEAT_HEAD[i]) return Number.NaN;
  for (let i = 0; i < BEAT_TAIL.length; i += 1) if (frame[BEAT_REST + i] !== BEAT_TAIL[i]) return Number.NaN;
  const at = frame.readDoubleBE(BEAT_HEAD.length);
  return Number.isFinite(at) ? at : Number.NaN;
}

const pulse = encode({ type: "pulse", echo: SAMPLE, at: SAMPLE });
const ECHO = around(pulse);
const AT = around(pulse, ECHO.after);
/** Opcode "binary, last" and the length: a server's WebSocket frame of less than 126 bytes (RFC 6455, 5.2). */
const PULSE_FRAME = Buffer.from([0x82, pulse.length, ...pulse]);
const ECHO_AT = 2 + ECHO.at;
const SENT_AT = 2 + AT.at;

/** A pulse as one whole WebSocket frame, ready for the socket. A buffer of its own: the socket may keep it for a while. */
export function pulseFrame(echo: number, at: number): Buffer {
  const frame = Buffer.allocUnsafe(PULSE_FRAME.length);
  PULSE_FRAME.copy(frame);
  frame.writeDoubleBE(echo, ECHO_AT);
  frame.writeDoubleBE(at, SENT_AT);
  return frame;
}
