// What engines with Docker's API tell of a container beyond the containers fact: health in the list's status line, disk quota in the inspection.
import { object, text } from "../runtimes/docker-parse.ts";
import { askOk } from "../runtimes/http.ts";
import { deadlines, socketPath } from "../runtimes/types.ts";
import type { RuntimeWatch } from "../runtimes/watch.ts";

export type Health = "starting" | "healthy" | "unhealthy";

/** Health out of a status line: "Up 3 hours (unhealthy)", "Up 4 seconds (health: starting)". */
export function parseHealth(status: string): Health | null {
  const match = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1];
  return (match as Health | undefined) ?? null;
}

/** Bytes of a size as people write it: "10g", "512m", "20GiB", 1048576; null for anything else. */
export function parseSize(value: unknown): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(String(value ?? "").trim());
  if (!match) return null;
  const power = ["", "k", "m", "g", "t"].indexOf((match[2] ?? "").toLowerCase());
  const bytes = Number(match[1]) * 1_024 ** power;
  return bytes > 0 ? Math.round(bytes) : null;
}

/** The quota of a root file system in what an engine says of a container: Docker's storage option, PouchContainer's DiskQuota ("/", "/&/data", or one for all). */
export function parseQuota(inspect: unknown): number | null {
  const raw = object(inspect);
  const storage = parseSize(object(object(raw.HostConfig).StorageOpt).size);
  if (storage !== null) return storage;
  const quotas = { ...object(object(raw.Config).DiskQuota), ...object(object(raw.HostConfig).DiskQuota) };
  for (const [path, size] of Object.entries(quotas))
    if (path === ".*" || path === "" || path.split("&").includes("/")) return parseSize(size);
  return null;
}

/** Health per container of every answering engine; an engine that cannot be asked adds nothing. */
export async function healthOf(runtimes: RuntimeWatch): Promise<Map<string, Health>> {
  const found = new Map<string, Health>();
  for (const { runtime, probe } of runtimes.all()) {
    if (runtime.spec.kind !== "docker" || !probe.ok) continue;
    try {
      const target = { socketPath: socketPath(runtime.spec.endpoint) };
      const answer = await askOk(target, "/containers/json", { deadlineMs: deadlines.list });
      const rows: unknown = JSON.parse(answer.body);
      for (const row of Array.isArray(rows) ? rows.map(object) : []) {
        const health = parseHealth(text(row.Status));
        if (health) found.set(text(row.Id), health);
      }
    } catch {
      // its containers have no known health: null, not healthy
    }
  }
  return found;
}

/** The quota that an engine gave a container; null when it gave none or cannot be asked. */
export async function askQuota(endpoint: string, id: string): Promise<number | null> {
  const path = `/containers/${encodeURIComponent(id)}/json`;
  const answer = await askOk({ socketPath: socketPath(endpoint) }, path, { deadlineMs: deadlines.list });
  return parseQuota(JSON.parse(answer.body));
}
