// Plain HTTP over a unix socket (or loopback TCP) with one deadline for the whole answer. For Docker-compatible APIs, pprof and metrics.
import { request } from "node:http";

export type HttpAnswer = { status: number; body: string; truncated: boolean };
export type HttpTarget = { socketPath: string } | { host: string; port: number };

/** An answer that did not come or was not a success; `code` is e.g. ECONNREFUSED, DEADLINE_EXCEEDED or HTTP_500. */
export class HttpError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "HttpError";
    this.code = code;
  }
}

export type HttpOptions = {
  method?: string;
  body?: unknown;
  deadlineMs: number;
  maxBytes?: number;
  onChunk?: (chunk: Buffer) => void;
  /** Gives up when it says so. */
  signal?: AbortSignal | undefined;
};

/**
 * Asks once. The body is kept up to `maxBytes` (32 MB), the rest is read no further; with `onChunk` the body is handed over instead of kept.
 * @throws HttpError when no answer came in time
 */
export function ask(target: HttpTarget, path: string, options: HttpOptions): Promise<HttpAnswer> {
  const { method = "GET", body, deadlineMs, maxBytes = 32 * 1024 * 1024, onChunk, signal } = options;
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = { host: "localhost" };
    if (text !== undefined) headers["content-type"] = "application/json";
    if (text !== undefined || method !== "GET") headers["content-length"] = String(Buffer.byteLength(text ?? ""));
    const req = request({ ...target, path, method, headers, agent: false });
    const timer = setTimeout(() => {
      reject(new HttpError("DEADLINE_EXCEEDED", `${path}: no answer within ${deadlineMs} ms`));
      req.destroy();
    }, deadlineMs);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new HttpError("CANCELLED", `${path}: given up`));
        req.destroy();
      },
      { once: true },
    );
    req.on("error", (err: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new HttpError(err.code ?? "UNAVAILABLE", err.message));
    });
    req.on("response", (res) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (truncated: boolean) => {
        clearTimeout(timer);
        resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8"), truncated });
        if (truncated) req.destroy();
      };
      res.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (onChunk) onChunk(chunk);
        else chunks.push(size > maxBytes ? chunk.subarray(0, chunk.length - (size - maxBytes)) : chunk);
        if (size > maxBytes) finish(true);
      });
      res.on("end", () => finish(false));
    });
    req.end(text);
  });
}

/** As `ask`, but an answer other than 2xx or 304 is an HttpError with the server's own message. */
export async function askOk(target: HttpTarget, path: string, options: HttpOptions): Promise<HttpAnswer> {
  const answer = await ask(target, path, options);
  if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) return answer;
  throw new HttpError(`HTTP_${answer.status}`, `${options.method ?? "GET"} ${path}: ${messageIn(answer.body)}`);
}

function messageIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (value !== null && typeof value === "object" && "message" in value) return String(value.message);
  } catch {
    return body.slice(0, 500); // plain text, as old daemons send
  }
  return body.slice(0, 500);
}
