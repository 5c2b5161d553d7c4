// The load of `bench ingest`: sessions that send as fast as they are answered. Started with fork(), so that its CPU time is not the gateway's.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.ts";
import type { FromLoad, LoadSettings, RunOrder, RunResult, ToLoad, Transport } from "./messages.ts";

/** Those that are not in a run go on beating, or they would be ended as silent, ms. */
const IDLE_BEAT_MS = 5_000;
/** Sessions opened at once. */
const AT_ONCE = 16;
/** Of so many acknowledgements one latency is kept. */
const ONE_IN = 16;
/** After a run, the last answers are waited for this long, ms. */
const ANSWERS_MS = 1_000;

const clients: Record<Transport, Client[]> = { tls: [], plain: [] };
let running: Transport | null = null;
let lost = 0;
const say = (message: FromLoad): void => void process.send?.(message);

async function connectAll({ ports, cas, identities }: LoadSettings): Promise<void> {
  setInterval(() => {
    for (const transport of ["tls", "plain"] as const)
      if (transport !== running) for (const client of clients[transport]) client.send(1);
  }, IDLE_BEAT_MS);
  for (const transport of ["tls", "plain"] as const) {
    const waiting = [...identities[transport]];
    const work = async () => {
      for (let identity = waiting.pop(); identity; identity = waiting.pop()) {
        const client = new Client();
        await client.open(transport, ports[transport], identity, cas);
        client.onLost = () => {
          lost += 1;
        };
        clients[transport].push(client);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  say({ type: "connected" });
}

async function run({ transport, window, ms }: RunOrder): Promise<RunResult> {
  running = transport;
  const all = clients[transport];
  const begin = performance.now();
  const end = begin + ms;
  const latencyMs: number[] = [];
  let [acked, answers, last] = [0, 0, begin];
  const onAcked = (client: Client, count: number) => {
    const now = performance.now();
    if (now <= end) {
      acked += count;
      last = now;
    }
    if (client.acked < client.sent) return;
    answers += 1;
    if (answers % ONE_IN === 0) latencyMs.push(now - client.sentAt);
    if (now < end) client.send(window);
  };
  for (const client of all) {
    client.onAcked = onAcked;
    if (client.acked === client.sent) client.send(window);
  }
  await sleep(ms + ANSWERS_MS);
  for (const client of all) client.onAcked = () => undefined;
  running = null;
  const unanswered = all.reduce((sum, client) => sum + client.sent - client.acked, 0);
  return { acked, ms: last - begin, latencyMs: latencyMs.sort((a, b) => a - b), lost: lost + unanswered };
}

async function handle(message: ToLoad): Promise<void> {
  if (message.type === "connect") return connectAll(message.settings);
  return say({ type: "ran", result: await run(message.order) });
}

process.on("message", (message: ToLoad) => {
  handle(message).catch((err: unknown) =>
    say({ type: "failed", message: err instanceof Error ? (err.stack ?? err.message) : String(err) }),
  );
});
process.on("disconnect", () => process.exit(0)); // the bench is gone
