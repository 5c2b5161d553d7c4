// Chooses every port of a start: explicit ones must be free, others are the last used, the default, or the next free one.
import { EXIT, UserError } from "../errors.ts";
import { isPortFree, portHolder } from "../ports.ts";
import type { Ports } from "../state.ts";
import { claimPort, releasePort } from "./claims.ts";
import { DEFAULT_PORTS, type UpOptions } from "./options.ts";

const LABELS: Record<keyof Ports, string> = {
  web: "console",
  gateway: "gateway",
  gatewayHealth: "gateway health",
  workersHealth: "workers health",
  postgres: "PostgreSQL",
  dispatcherHealth: "dispatcher health",
};

const FLAGS: Partial<Record<keyof Ports, string>> = { web: "--port", gateway: "--gateway-port" };

/**
 * @param last ports of the previous start on this data folder, kept so that agents and bookmarks stay right
 * @param note told when a port is not the expected one, with the process that holds that
 * @throws UserError when an explicit port is taken
 */
export async function choosePorts(
  options: UpOptions,
  last: Ports | undefined,
  note: (text: string) => void,
): Promise<Ports> {
  const explicit: Partial<Ports> = { web: options.port, gateway: options.gatewayPort };
  const ports: Ports = { ...DEFAULT_PORTS };
  // Explicit ones first: no other may take them.
  const keys = Object.keys(LABELS) as (keyof Ports)[];
  for (const key of keys) {
    const port = explicit[key];
    if (port === undefined) continue;
    if (!(await take(port, hostOf(key, options)))) {
      const hint = `stop that process, or choose another ${FLAGS[key]}`;
      throw new UserError(`port ${port} for the ${LABELS[key]} is taken${byWhom(port)}`, hint, EXIT.usage);
    }
    ports[key] = port;
  }
  for (const key of keys) {
    if (explicit[key] !== undefined) continue;
    const wanted = last?.[key] ?? DEFAULT_PORTS[key];
    ports[key] = await firstFree(wanted, hostOf(key, options));
    if (ports[key] === wanted || !FLAGS[key]) continue;
    note(`port ${wanted} is taken${byWhom(wanted)}: the ${LABELS[key]} uses ${ports[key]}`);
    if (key === "gateway" && last) {
      note(`agents that joined through port ${wanted} cannot find the gateway until it is back on that port`);
    }
  }
  return ports;
}

const hostOf = (key: keyof Ports, { listen }: UpOptions) =>
  key === "web" ? listen : key === "gateway" ? "0.0.0.0" : "127.0.0.1";

function byWhom(port: number): string {
  const holder = portHolder(port);
  return holder ? ` by ${holder}` : "";
}

/** Claims a port that nobody listens on. @returns whether it is ours now */
async function take(port: number, host: string): Promise<boolean> {
  if (claimPort(port) !== undefined) return false;
  if (await isPortFree(port, host)) return true;
  releasePort(port);
  return false;
}

/** Claims the first free port of `first`, `first + 1`, … @throws UserError when there is none */
export async function firstFree(first: number, host: string): Promise<number> {
  for (let port = first; port < first + 200; port++) if (await take(port, host)) return port;
  const hint = "free one, or name one with --port and --gateway-port";
  throw new UserError(`no free port between ${first} and ${first + 199}`, hint);
}

/** Gives back what {@link choosePorts} claimed. */
export function releasePorts(ports: Ports): void {
  for (const port of Object.values(ports)) releasePort(port);
}
