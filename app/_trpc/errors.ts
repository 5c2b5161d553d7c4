// What the console reads from a failed call: a sentence for people, the request id, and whether signing in would help.
export type CallError = {
  message: string;
  code: string | null;
  requestId: string | null;
  /** What the server added for the caller, e.g. which rule a new password breaks. */
  details: Record<string, unknown> | null;
};

type Shape = { message?: unknown; data?: { code?: unknown; requestId?: unknown; details?: unknown } | null };

const isShape = (value: unknown): value is Shape => typeof value === "object" && value !== null;
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Reads a thrown value; what did not come from the API (network down) has no code. */
export function readError(error: unknown): CallError {
  if (!isShape(error)) return { message: String(error), code: null, requestId: null, details: null };
  const data = isShape(error.data) ? error.data : null;
  const details = typeof data?.details === "object" && data.details !== null ? { ...data.details } : null;
  return { message: text(error.message) ?? "", code: text(data?.code), requestId: text(data?.requestId), details };
}

/** The call failed because nobody is signed in (any more). */
export const needsSignIn = (error: unknown): boolean => readError(error).code === "UNAUTHORIZED";

/** Trying again can help: the network or the server failed, not the request. */
export function mayRetry(error: unknown): boolean {
  const { code } = readError(error);
  return code === null || code === "INTERNAL_SERVER_ERROR" || code === "SERVICE_UNAVAILABLE" || code === "TIMEOUT";
}
