// Where the kubelet's health endpoint is, and what it answers. Null where that cannot be told: switched off, or never heard.
import type { FactData } from "../../protocol/facts.ts";
import { Failures, probeUrl } from "../host/http-probe.ts";

type Health = NonNullable<FactData["kubelet"]["health"]>;

/** Value of a flag, "--name=value" or "--name value"; the last one counts. */
function flagOf(argv: readonly string[], name: string): string | null {
  const index = argv.findLastIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const arg = argv[index];
  if (arg === undefined) return null;
  return arg === name ? (argv[index + 1] ?? null) : arg.slice(name.length + 1);
}

/** The file that `--config` names, null without. */
export const configFileOf = (argv: readonly string[]): string | null => flagOf(argv, "--config");

const setting = (text: string, key: string): string | null =>
  new RegExp(`^\\s{0,4}"?${key}"?:\\s*"?([^",#\\s]+)`, "m").exec(text)?.[1] ?? null;

/**
 * The URL by the kubelet's arguments and the text of its file; flags go before the file (kubelet(8)). Null: healthzPort 0 switches it off.
 * Without either it is 127.0.0.1:10248.
 */
export function healthUrl(argv: readonly string[], config: string | null): string | null {
  const port = Number(flagOf(argv, "--healthz-port") ?? setting(config ?? "", "healthzPort") ?? 10_248);
  if (!Number.isInteger(port) || port <= 0 || port > 65_535) return null;
  const bind = flagOf(argv, "--healthz-bind-address") ?? setting(config ?? "", "healthzBindAddress") ?? "127.0.0.1";
  const host = bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "::1" : bind.replace(/^\[|\]$/g, "");
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/healthz`;
}

/** Asks, and remembers whether anybody was ever there. */
export class HealthAsker {
  readonly #failures = new Failures();
  readonly #heard = new Set<string>();

  /** Null: refused, and nobody has listened there as long as this agent looks: it may be switched off, or be elsewhere. */
  async ask(url: string, now: number): Promise<Health | null> {
    const answer = await probeUrl(url, "local");
    if (answer.error !== "ECONNREFUSED") this.#heard.add(url);
    return this.#heard.has(url) ? this.#failures.keep(url, answer, now) : null;
  }
}
