// The load of the peer: gRPC written by hand over HTTP/2, so that it costs about as little as ours. Started with fork().
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunResult } from "./messages.ts";

export type EtcdOrder = { kind: "put" | "keep-alive"; url: string; ms: number };
export type ToEtcdLoad = { type: "run"; order: EtcdOrder };
export type FromEtcdLoad = { type: "ran"; result: RunResult } | { type: "failed"; message: string };

/** Puts in flight, as was best for it: more only wait longer. */
const PUTS = 64;
/** What a lease object of a kubelet weighs, bytes. */
const VALUE_BYTES = 320;
/** Connections, keep-alive streams on them, and leases that are renewed at once on each stream. */
const [CONNECTIONS, STREAMS, LEASES] = [8, 8, 8];
const LEASE_SECONDS = 3_600;
const ONE_IN = 16;

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}
const bytesField = (number: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(BigInt(value.length)), value]);
const numberField = (number: number, value: bigint): Buffer =>
  Buffer.concat([Buffer.from([number << 3]), varint(value)]);

/** A gRPC message: not compressed, its length, its bytes. */
function message(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const open = (session: ClientHttp2Session, path: string): ClientHttp2Stream =>
  session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });

/** One question, one answer. @throws Error when etcd refuses */
function ask(session: ClientHttp2Session, path: string, body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = open(session, path);
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", reject);
    stream.on("trailers", (trailers) => {
      if (trailers["grpc-status"] !== "0") reject(new Error(`etcd: ${trailers["grpc-message"]}`));
    });
    stream.on("end", () => resolve(Buffer.concat(parts).subarray(5)));
    stream.end(message(body));
  });
}

/** The number in field 2 of a LeaseGrantResponse, after the header in field 1. */
function leaseOf(answer: Buffer): bigint {
  let at = 0;
  if (answer[0] === 0x0a) at = 2 + (answer[1] ?? 0);
  if (answer[at] !== 0x10) throw new Error("etcd granted no lease");
  let [value, shift] = [0n, 0n];
  for (at += 1; ; at += 1, shift += 7n) {
    const byte = BigInt(answer[at] ?? 0);
    value |= (byte & 0x7fn) << shift;
    if (byte < 0x80n) return value;
  }
}

type Count = { done: (sentAt: number) => void; isOver: () => boolean };

async function puts(sessions: ClientHttp2Session[], count: Count): Promise<void> {
  const work = async (i: number) => {
    const session = sessions[i % sessions.length];
    for (let n = 0; session && !count.isOver(); n += 1) {
      const key = Buffer.from(`/registry/leases/kube-node-lease/node-${i}-${n % 1_000}`);
      const sentAt = performance.now();
      await ask(
        session,
        "/etcdserverpb.KV/Put",
        Buffer.concat([bytesField(1, key), bytesField(2, Buffer.alloc(VALUE_BYTES, 7))]),
      );
      count.done(sentAt);
    }
  };
  await Promise.all(Array.from({ length: PUTS }, (_, i) => work(i)));
}

async function keepAlives(sessions: ClientHttp2Session[], count: Count, ms: number): Promise<void> {
  const streams: ClientHttp2Stream[] = [];
  for (const session of sessions)
    for (let s = 0; s < STREAMS; s += 1) {
      const stream = open(session, "/etcdserverpb.Lease/LeaseKeepAlive");
      streams.push(stream);
      const asked: number[] = [];
      const renewals: Buffer[] = [];
      for (let i = 0; i < LEASES; i += 1) {
        const lease = leaseOf(
          await ask(session, "/etcdserverpb.Lease/LeaseGrant", numberField(1, BigInt(LEASE_SECONDS))),
        );
        renewals.push(message(numberField(1, lease)));
      }
      let [rest, turn] = [Buffer.alloc(0), 0];
      const renew = () => {
        asked.push(performance.now());
        stream.write(renewals[turn++ % LEASES]);
      };
      stream.on("data", (part: Buffer) => {
        rest = Buffer.concat([rest, part]);
        while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
          rest = rest.subarray(5 + rest.readUInt32BE(1));
          count.done(asked.shift() ?? 0);
          if (!count.isOver()) renew();
        }
      });
      stream.once("renew", () => renewals.forEach(renew));
    }
  begins();
  for (const stream of streams) stream.emit("renew");
  await sleep(ms + 500);
  for (const stream of streams) stream.close();
}

let begin = 0;
/** The preparations are over: time counts from here. */
const begins = (): void => {
  begin = performance.now();
};

async function run({ kind, url, ms }: EtcdOrder): Promise<RunResult> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(url));
  const latencyMs: number[] = [];
  let [acked, last] = [0, 0];
  begins();
  const count: Count = {
    done(sentAt) {
      const now = performance.now();
      if (now - begin > ms) return;
      acked += 1;
      last = now;
      if (acked % ONE_IN === 0) latencyMs.push(now - sentAt);
    },
    isOver: () => performance.now() - begin > ms,
  };
  await (kind === "put" ? puts(sessions, count) : keepAlives(sessions, count, ms));
  for (const session of sessions) session.close();
  return { acked, ms: last - begin, latencyMs: latencyMs.sort((a, b) => a - b), lost: 0 };
}

process.on("message", ({ order }: ToEtcdLoad) => {
  run(order).then(
    (result) => process.send?.({ type: "ran", result } satisfies FromEtcdLoad),
    (err: unknown) => process.send?.({ type: "failed", message: String(err) } satisfies FromEtcdLoad),
  );
});
process.on("disconnect", () => process.exit(0)); // the bench is gone
