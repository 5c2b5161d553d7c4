// A bare agent for load: the protocol's bytes on a socket, with as little work of its own as can be, for it shares the cores with what is measured.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decodeFromGateway, encode } from "../../protocol/codec.ts";
import { AGENT_SOCKET_PATH, GATEWAY_SERVER_NAME } from "../../protocol/constants.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { Identity, Transport } from "./messages.ts";

/** Any mask but zero, which servers need not apply. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;
/** Times are this and a number that rises: as large as real ones, exact as float64. */
const BASE = 1_795_000_000_000;

/** A client's WebSocket frame (RFC 6455, 5.2), "binary, last". */
function frameOf(payload: Uint8Array): Buffer {
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  const head = Buffer.from([0x82, ...length, ...MASK]);
  return Buffer.concat([head, payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0))]);
}

const beat = encode({ type: "heartbeat", at: BASE + 0.5, spooled: 0 });
const BEAT = frameOf(beat);
const TIME_IN_BEAT = beat.indexOf(0xcb) + 1;
const PULSE_BYTES = encode({ type: "pulse", echo: BASE + 0.5, at: BASE + 0.5 }).length;
const ECHO_IN_PULSE = encode({ type: "pulse", echo: BASE + 0.5, at: BASE + 0.5 }).indexOf(0xcb) + 1;
const time = Buffer.alloc(8);

export class Client {
  /** Heartbeats sent and acknowledged, and when the window on its way was sent (monotonic ms). */
  sent = 0;
  acked = 0;
  sentAt = 0;
  onAcked: (client: Client, count: number) => void = () => undefined;
  onLost: () => void = () => undefined;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #socket: Socket | null = null;

  /** Ends when the gateway has said welcome. @throws Error when it does not */
  open(transport: Transport, port: number, identity: Identity, cas: string[]): Promise<void> {
    const { certificate: cert, key, nodeId } = identity;
    const secure = { ca: cas, cert, key, servername: GATEWAY_SERVER_NAME, minVersion: "TLSv1.3" as const };
    const socket =
      transport === "tls" ? connectTls({ host: "127.0.0.1", port, ...secure }) : connect({ host: "127.0.0.1", port });
    this.#socket = socket;
    socket.setNoDelay(true);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", () => {
        reject(new Error("closed"));
        this.onLost();
      });
      socket.once(transport === "tls" ? "secureConnect" : "connect", () => {
        const key64 = Buffer.alloc(16, 7).toString("base64");
        socket.write(
          `GET ${AGENT_SOCKET_PATH} HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key64}\r\nX-Node: ${nodeId}\r\n\r\n`,
        );
      });
      socket.on("data", (chunk: Buffer) => this.#read(chunk, nodeId, resolve, reject));
    });
  }

  #read(chunk: Buffer, nodeId: string, welcomed: () => void, refused: (err: Error) => void): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#isOpen) {
      const end = data.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#rest = data;
        return;
      }
      const status = data.toString("latin1", 0, data.indexOf("\r\n"));
      if (!status.includes(" 101 ")) {
        refused(new Error(status));
        return;
      }
      this.#isOpen = true;
      data = data.subarray(end + 4);
      const hello = { v: PROTOCOL_VERSION, epoch: nodeId, agentVersion: "0.0.0-bench", bootId: "boot", at: BASE };
      this.#socket?.write(frameOf(encode({ type: "hello", ...hello })));
    }
    this.#rest = this.#frames(data, welcomed, refused);
  }

  /** @returns what is not a whole frame yet */
  #frames(data: Buffer, welcomed: () => void, refused: (err: Error) => void): Buffer {
    let at = 0;
    while (data.length - at >= 2) {
      const short = (data[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length - at < head) break;
      const size =
        short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
      if (data.length - at < head + size) break;
      const from = at + head;
      at = from + size;
      if (size === PULSE_BYTES && data[from + 6] === 0x70) {
        this.#pulse(data.readDoubleBE(from + ECHO_IN_PULSE));
        continue;
      }
      const decoded = decodeFromGateway(data.subarray(from, at));
      if (decoded.ok && decoded.message.type === "welcome") welcomed();
      else if (decoded.ok && decoded.message.type === "refused") refused(new Error(decoded.message.message));
    }
    return at === data.length ? Buffer.alloc(0) : Buffer.from(data.subarray(at));
  }

  #pulse(echo: number): void {
    const count = echo - BASE - this.acked;
    this.acked += count;
    this.onAcked(this, count);
  }

  /** Sends so many heartbeats in one write, as a socket hands them on that gathered meanwhile. */
  send(count: number): void {
    const out = Buffer.allocUnsafe(BEAT.length * count);
    for (let i = 0; i < count; i += 1) {
      const begin = i * BEAT.length;
      BEAT.copy(out, begin);
      this.sent += 1;
      time.writeDoubleBE(BASE + this.sent);
      for (let k = 0; k < 8; k += 1)
        out[begin + 6 + TIME_IN_BEAT + k] = (time[k] ?? 0) ^ (MASK[(TIME_IN_BEAT + k) & 3] ?? 0);
    }
    this.sentAt = performance.now();
    this.#socket?.write(out);
  }
}
