// Unary gRPC over HTTP/2 on a unix socket (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): every call has a deadline, a lost
// connection is made anew by the next call, and a server that is stopped costs no more than the deadline.
import { statSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import { type Draft, decodeMessage, encodeMessage, type Message, type MessageSpec } from "./protobuf.ts";

/** Status codes by number, as gRPC names them. */
const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** A call that did not succeed; `code` is the gRPC status name, or the socket's error (ECONNREFUSED, ENOENT) where no server answered. */
export class GrpcError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "GrpcError";
    this.code = code;
  }
}

/** Request and response of one method, with its full path "/package.Service/Method". */
export type Method<Q extends MessageSpec, R extends MessageSpec> = { path: string; request: Q; response: R };

/** Binds a path to its messages. */
export const method = <const Q extends MessageSpec, const R extends MessageSpec>(
  path: string,
  request: Q,
  response: R,
): Method<Q, R> => ({
  path,
  request,
  response,
});

const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

/** What tells one socket file from another at the same path; null when there is none. */
function identityOf(socketPath: string): string | null {
  const stat = statSync(socketPath, { throwIfNoEntry: false });
  return stat ? `${stat.dev}/${stat.ino}` : null;
}

export class GrpcChannel {
  readonly #socketPath: string;
  #session: ClientHttp2Session | null = null;
  /** Socket file that the session came through. */
  #file: string | null = null;
  #closed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Calls once. @throws GrpcError, with code DEADLINE_EXCEEDED after `deadlineMs` and CANCELLED when `signal` says so */
  call<Q extends MessageSpec, R extends MessageSpec>(
    { path, request, response }: Method<Q, R>,
    draft: Draft<Q>,
    deadlineMs: number,
    metadata: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Message<R>> {
    const body = encodeMessage(request, draft);
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    frame.set(body, 5);
    return this.#exchange(path, frame, deadlineMs, metadata, signal).then((bytes) => decodeMessage(response, bytes));
  }

  /** Ends the connection; later calls fail. */
  close(): void {
    this.#closed = true;
    this.#session?.destroy();
    this.#session = null;
  }

  #open(): ClientHttp2Session {
    if (this.#closed) throw new GrpcError("CANCELLED", "channel is closed");
    const file = identityOf(this.#socketPath);
    if (this.#session && !this.#session.destroyed && !this.#session.closed) {
      if (file === this.#file) return this.#session;
      // A connection outlives its socket's file: what is asked is whether the path still leads to the server, as for everybody else.
      this.#session.close();
    }
    // Go's servers refuse an :authority with slashes, hence "localhost" rather than the socket's path.
    const session = connect("http://localhost", { createConnection: () => connectSocket(this.#socketPath) });
    const drop = () => {
      if (this.#session === session) this.#session = null;
    };
    session.on("error", drop); // each stream of the session gets the error as well and reports it
    session.on("close", drop);
    session.on("goaway", drop);
    this.#session = session;
    this.#file = file;
    return session;
  }

  #exchange(
    path: string,
    frame: Buffer,
    deadlineMs: number,
    metadata: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream;
      try {
        stream = this.#open().request({
          ":method": "POST",
          ":authority": "localhost",
          ":path": path,
          "content-type": "application/grpc",
          te: "trailers",
          "grpc-timeout": `${deadlineMs}m`,
          ...metadata,
        });
      } catch (err) {
        reject(err);
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      let status: string | undefined;
      let detail = "";
      const fail = (code: string, message: string) => {
        clearTimeout(timer);
        reject(new GrpcError(code, message));
        stream.close(constants.NGHTTP2_CANCEL);
      };
      const timer = setTimeout(
        () => fail("DEADLINE_EXCEEDED", `${path}: no answer within ${deadlineMs} ms`),
        deadlineMs,
      );
      signal?.addEventListener("abort", () => fail("CANCELLED", `${path}: given up`), { once: true });
      const readStatus = (headers: Record<string, unknown>) => {
        if (headers["grpc-status"] === undefined) return;
        status = String(headers["grpc-status"]);
        detail = decodeDetail(String(headers["grpc-message"] ?? ""));
      };
      stream.on("response", readStatus); // an error without a body comes as headers only
      stream.on("trailers", readStatus);
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > RESPONSE_BYTES_MAX)
          fail("RESOURCE_EXHAUSTED", `${path}: answer larger than ${RESPONSE_BYTES_MAX} bytes`);
        else chunks.push(chunk);
      });
      stream.on("error", (err: NodeJS.ErrnoException) => fail(socketCode(err), `${path}: ${err.message}`));
      stream.on("close", () => {
        clearTimeout(timer);
        if (status === "0") resolve(bodyOf(Buffer.concat(chunks)));
        else if (status !== undefined) reject(new GrpcError(statusNames[Number(status)] ?? `STATUS_${status}`, detail));
        else reject(new GrpcError("UNAVAILABLE", `${path}: connection ended before an answer`));
      });
      stream.end(frame);
    });
  }
}

function decodeDetail(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded after all
  }
}

/** The socket's own error where there is one: a stream only says that it was cancelled, its cause says why. */
function socketCode(err: NodeJS.ErrnoException): string {
  const cause = err.cause instanceof Error ? (err.cause as NodeJS.ErrnoException) : err;
  return cause.code?.startsWith("E") && !cause.code.startsWith("ERR_") ? cause.code : "UNAVAILABLE";
}

/** Takes the one message out of its length-prefixed frame. */
function bodyOf(bytes: Buffer): Uint8Array {
  if (bytes.length === 0) return bytes;
  if (bytes[0] !== 0) throw new GrpcError("INTERNAL", "compressed answer to a call that did not ask for it");
  return bytes.subarray(5, 5 + bytes.readUInt32BE(1));
}
