// The one error class, and the one table that says what a code means over HTTP, tRPC and for retries.

const codes = {
  invalid: { http: 400, trpc: "BAD_REQUEST", retry: false },
  unauthenticated: { http: 401, trpc: "UNAUTHORIZED", retry: false },
  forbidden: { http: 403, trpc: "FORBIDDEN", retry: false },
  not_found: { http: 404, trpc: "NOT_FOUND", retry: false },
  conflict: { http: 409, trpc: "CONFLICT", retry: false },
  gone: { http: 410, trpc: "PRECONDITION_FAILED", retry: false },
  too_many: { http: 429, trpc: "TOO_MANY_REQUESTS", retry: true },
  internal: { http: 500, trpc: "INTERNAL_SERVER_ERROR", retry: true },
  unavailable: { http: 503, trpc: "SERVICE_UNAVAILABLE", retry: true },
} as const;

export type ErrorCode = keyof typeof codes;

export type AppErrorOptions = {
  /** Text for people; without it they see a general sentence. */
  publicMessage?: string;
  /** JSON for the caller, e.g. the guards that refused. */
  details?: Record<string, unknown>;
  retry?: boolean;
  cause?: unknown;
  /** What it is about, for the audit row of a refused mutation. */
  entity?: readonly [kind: string, id: string];
  /** It exists, outside of what the actor may see: the audit trail says "denied", nobody else is told. */
  isForeign?: boolean;
};

/** Thrown when a verb cannot go on. `message` is for logs, `publicMessage` for people. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly details: Record<string, unknown> | undefined;
  readonly retry: boolean;
  readonly entity: readonly [kind: string, id: string] | undefined;
  readonly isForeign: boolean;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.publicMessage = options.publicMessage ?? message;
    this.details = options.details;
    this.retry = options.retry ?? codes[code].retry;
    this.entity = options.entity;
    this.isForeign = options.isForeign ?? false;
  }

  get http(): number {
    return codes[this.code].http;
  }

  get trpc(): (typeof codes)[ErrorCode]["trpc"] {
    return codes[this.code].trpc;
  }
}

/** Any thrown value to an AppError; what is not ours becomes `internal` and leaks no text. */
export function toAppError(err: unknown): AppError {
  if (err instanceof AppError) return err;
  return new AppError("internal", err instanceof Error ? err.message : String(err), {
    publicMessage: "Something went wrong on our side. The request id finds it in the logs.",
    cause: err,
  });
}

export type EntityKind = "node" | "finding" | "repair";

/** "There is no such …": one error, one wording, for what does not exist and for what the caller may not see. */
export function noSuch(kind: EntityKind, ref: string, options: { isForeign?: boolean } = {}): AppError {
  return new AppError("not_found", `no ${kind} ${ref}`, {
    publicMessage: kind === "node" ? `There is no node "${ref}".` : `There is no such ${kind}.`,
    entity: [kind, ref],
    ...options,
  });
}
