// The protocol's version: one integer, one dated line per bump. Both ends say theirs in the first frame.

/**
 * - 1 (2026-11-22): first version: enrolment, facts by hash, durable frames with sequence numbers, signed commands.
 */
export const PROTOCOL_VERSION = 1;

/** Oldest agent the gateway still talks to. */
export const PROTOCOL_VERSION_MIN = 1;
