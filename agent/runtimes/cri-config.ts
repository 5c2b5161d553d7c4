// Configurations as CRI runtimes keep and show them (JSON): containerd's own, and those of pods and containers, from which one can be made anew.
import { Refusal } from "../host/errors.ts";
import type { Draft, MessageSpec } from "./protobuf.ts";
import type { RuntimeDetails } from "./types.ts";

/** JSON object in a text; anything else is an empty one. */
export function parseJson(text: string | undefined): Record<string, unknown> {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** containerd's own configuration as its verbose status shows it; other runtimes leave it empty. */
export function parseConfig(
  text: string | undefined,
): Omit<RuntimeDetails, "conditions"> & { sandboxImage: string | null } {
  const config = parseJson(text) as {
    containerd?: { runtimes?: Record<string, unknown> };
    containerdRootDir?: string;
    sandboxImage?: string;
    cni?: { binDir?: string; binDirs?: string[]; confDir?: string };
  };
  const cni = config.cni;
  const binDirs = cni?.binDirs ?? (cni?.binDir ? [cni.binDir] : []);
  return {
    handlers: Object.keys(config.containerd?.runtimes ?? {}),
    rootDir: config.containerdRootDir ?? null,
    sandboxImage: config.sandboxImage ?? null,
    cni: cni?.confDir ? { confDir: cni.confDir, binDirs } : null,
  };
}

/**
 * A configuration as the runtime keeps it (JSON with the contract's field names) as a message to send back.
 * @throws Refusal when it holds a field that the table does not know: a container must not come back with less than it had
 */
export function configFrom<S extends MessageSpec>(spec: S, json: unknown, what: string): Draft<S> {
  const draft: Record<string, unknown> = {};
  if (json === null || typeof json !== "object") {
    throw new Refusal("no-config", `the runtime does not tell the ${what}'s configuration`);
  }
  for (const [key, value] of Object.entries(json)) {
    if (value === null || value === undefined) continue;
    const type = spec[key]?.[1];
    if (type === undefined)
      throw new Refusal("unknown-config-field", `${what}: field "${key}" is not known to this agent`);
    const nested = (Array.isArray(type) ? type[0] : type) as unknown;
    if (nested === null || typeof nested !== "object") draft[key] = value;
    else if (Array.isArray(type)) {
      draft[key] = (value as unknown[]).map((item) => configFrom(nested as MessageSpec, item, `${what}.${key}`));
    } else draft[key] = configFrom(nested as MessageSpec, value, `${what}.${key}`);
  }
  return draft as Draft<S>;
}
