// A LISTEN connection that comes back by itself: one pg client outside the pool, reconnecting with backoff.
import pg from "pg";

export type Listener = { close: () => Promise<void>; isConnected: () => boolean };

/**
 * Calls `onMessage` for each notification. Notifications sent while it was away are lost: `onReconnect` says when to look again.
 * @param options.url database address
 */
export function listen(options: {
  url: string;
  channels: readonly string[];
  onMessage: (channel: string, payload: string) => void;
  onReconnect?: () => void;
  /** Told when `onMessage` threw. */
  onUnreadable?: (channel: string, err: unknown) => void;
}): Listener {
  const { url, channels, onMessage, onReconnect, onUnreadable } = options;
  let client: pg.Client | null = null;
  let isClosed = false;
  let isConnected = false;
  let failures = 0;
  let timer: NodeJS.Timeout | null = null;

  const retry = (): void => {
    isConnected = false;
    if (isClosed || timer) return;
    failures += 1;
    timer = setTimeout(
      () => {
        timer = null;
        void connect();
      },
      Math.min(250 * 2 ** Math.min(failures, 5), 5_000),
    );
  };

  const connect = async (): Promise<void> => {
    const own = new pg.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      application_name: "nodeops-listen",
    });
    client = own;
    let isGone = false;
    const gone = (): void => {
      if (isGone) return;
      isGone = true;
      own.end().catch((err: unknown) => err); // it is already lost
      retry();
    };
    own.on("error", gone);
    own.on("end", gone);
    own.on("notification", ({ channel, payload }) => {
      try {
        onMessage(channel, payload ?? "");
      } catch (err) {
        // Any process with the database may notify: what cannot be read must not end this one. A sweep finds what it may have been about.
        onUnreadable?.(channel, err);
      }
    });
    try {
      await own.connect();
      for (const channel of channels) await own.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      if (failures > 0) onReconnect?.();
      isConnected = true;
      failures = 0;
    } catch {
      gone(); // the backoff above goes on
    }
  };
  void connect();

  return {
    isConnected: () => isConnected,
    close: async () => {
      isClosed = true;
      if (timer) clearTimeout(timer);
      await client?.end().catch((err: unknown) => err);
    },
  };
}
