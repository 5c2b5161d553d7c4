// What `bench ingest` and its two processes say to each other over IPC.

export type Transport = "tls" | "plain";

export type ServerSettings = { databaseUrl: string; dataDir: string };
export type FromServer =
  | { type: "listening"; ports: Record<Transport, number> }
  /** Heartbeats applied so far, by the gateway's own count. */
  | { type: "applied"; count: number }
  | { type: "failed"; message: string };
export type ToServer = { type: "start"; settings: ServerSettings } | { type: "applied?" };

export type Identity = { nodeId: string; key: string; certificate: string };
export type LoadSettings = {
  ports: Record<Transport, number>;
  cas: string[];
  /** Each holds one session; the two transports have nodes of their own. */
  identities: Record<Transport, Identity[]>;
};
/** `window`: heartbeats that a session sends ahead of their acknowledgement. */
export type RunOrder = { transport: Transport; window: number; ms: number };
/** `latencyMs`: from sending the window to the acknowledgement of all of it; sorted, a sample. */
export type RunResult = { acked: number; ms: number; latencyMs: number[]; lost: number };
export type ToLoad = { type: "connect"; settings: LoadSettings } | { type: "run"; order: RunOrder };
export type FromLoad = { type: "connected" } | { type: "ran"; result: RunResult } | { type: "failed"; message: string };
