// Settings of the server processes, parsed once; each key with unit and default. Secrets come by file under <data>/secrets, never by key here.
import { z } from "zod";

const Port = z.coerce.number().int().min(1).max(65_535);

const Env = z.object({
  /** State folder; secrets/, logs/, agent/ lie in it. */
  NODEOPS_DATA: z.string().default(".nodeops"),
  DATABASE_URL: z.string(),
  /** Moves the queues from PostgreSQL to Redis or Valkey. */
  REDIS_URL: z.string().optional(),
  WEB_PORT: Port.default(7080),
  WEB_HOST: z.string().default("127.0.0.1"),
  /** Address that people open; origin checks and links use it. */
  PUBLIC_URL: z.string().default("http://localhost:7080"),
  /** Proxies whose X-Forwarded-For is believed: comma-separated addresses or CIDR ranges. */
  TRUSTED_PROXIES: z.string().default("127.0.0.1,::1"),
  GATEWAY_PORT: Port.default(7443),
  GATEWAY_HOST: z.string().default("0.0.0.0"),
  /** Loopback port of /healthz, /readyz and /metrics in gateway and workers. */
  HEALTH_PORT: Port.optional(),
  /** debug | info | warn | error */
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  /** Next.js in development mode. */
  NODEOPS_DEV: z.enum(["0", "1"]).default("0"),
});

export type Env = z.infer<typeof Env>;

/** @throws Error that names each bad key */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = Env.safeParse(source);
  if (parsed.success) return parsed.data;
  const keys = parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ");
  throw new Error(`environment: ${keys}`);
}
