// Every constant of the wire contract, with unit and reason; SPEC.md shows the same table and a test compares the two.

/** TLS server name of every gateway, whatever its address: agents pin the CA and this name. */
export const GATEWAY_SERVER_NAME = "gateway.nodeops.internal";
/** Path of the agents' WebSocket on the gateway. */
export const AGENT_SOCKET_PATH = "/v1/agent";
/** Path of enrolment on the gateway (HTTPS POST). */
export const ENROL_PATH = "/v1/enrol";
/** Path of certificate renewal on the gateway (HTTPS POST with the node's present certificate). */
export const RENEW_PATH = "/v1/renew";
/** Agents send a heartbeat this often, ms. */
export const HEARTBEAT_MS = 5_000;
/** The gateway closes a session that was silent for this long, ms (three heartbeats and a little). */
export const SESSION_SILENCE_MS = 17_000;
/** A node is *not reporting* this long after its session was lost, ms: a reconnect within it leaves no trace. */
export const NOT_REPORTING_AFTER_MS = 30_000;
/** After a gateway starts it listens this long before it may call any node *not reporting*, ms (invariant I-39). */
export const LISTEN_GRACE_MS = 60_000;
/** First reconnect delay of an agent, ms; grows ×2 with full jitter up to RECONNECT_MAX_MS. */
export const RECONNECT_MIN_MS = 500;
/** Largest reconnect delay of an agent, ms. */
export const RECONNECT_MAX_MS = 30_000;
/** A peer must say hello / welcome within this, ms. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Largest frame either side accepts, bytes; a larger one closes the session. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024;
/** Durable frames an agent keeps on disk while cut off, bytes; beyond it the oldest kernel events go first and are counted. */
export const SPOOL_BYTES_MAX = 32 * 1024 * 1024;
/** Durable frames sent ahead of an acknowledgement. */
export const SPOOL_WINDOW = 64;
/** A signed command is valid for this long after it was issued, ms. */
export const COMMAND_TTL_MS = 120_000;
/** Clock difference tolerated when an expiry is checked, ms (±5 min). */
export const CLOCK_SKEW_MAX_MS = 300_000;
/** A command's output is cut to this, bytes, and says so. */
export const OUTPUT_BYTES_MAX = 512 * 1024;
/** A node's certificate is valid for this long, ms; renewed at two thirds. */
export const CERTIFICATE_TTL_MS = 30 * 24 * 3_600_000;
/** Shortest time a shell can be opened for, s. */
export const SHELL_SECONDS_MIN = 30;
/** Longest time a shell can be opened for, s. */
export const SHELL_SECONDS_MAX = 3_600;
/** A shell that printed this much is ended, bytes. */
export const SHELL_BYTES_MAX = 16 * 1024 * 1024;
/** Largest piece of a shell's output or input in one frame, bytes. */
export const SHELL_PIECE_BYTES_MAX = 32 * 1024;
/** Output that is not known to be stored: beyond it the agent stops reading the terminal, bytes. */
export const SHELL_WINDOW_BYTES = 256 * 1024;
/** Shells end so long after the agent lost its gateway, ms: nobody sees them any more. */
export const SHELL_LOST_MS = 30_000;
