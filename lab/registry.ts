// A registry for the lab's nodes, in this very process: serves what a runtime asks to fetch an image (OCI distribution specification), as slowly as told.
// It stands for the mirrors of a fleet; it takes nothing in and knows only the images that it was given.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type ImageParts, manifestType } from "./image.ts";

/** A registry that runs. */
export interface Registry {
  /** http://address:port */
  url: string;
  /** Requests answered so far, of all runtimes. */
  requests(): number;
  close(): Promise<void>;
}

/** Where it listens, what it has (repository name → image, under any tag), and how long every answer takes. */
export interface RegistryOptions {
  address: string;
  images: Readonly<Record<string, ImageParts>>;
  delayMs: number;
}

interface Answer {
  type: string;
  body: Buffer;
  digest?: string;
}

const digestOf = (blob: Buffer): string => `sha256:${createHash("sha256").update(blob).digest("hex")}`;

function find(images: RegistryOptions["images"], path: string): Answer | undefined {
  if (path === "/v2/" || path === "/v2") return { type: "application/json", body: Buffer.from("{}") };
  const [, name = "", kind = "", reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  if (!Object.hasOwn(images, name)) return undefined;
  const { manifest, config, layer } = images[name] as ImageParts; // it was just looked up
  if (kind === "manifests") {
    const digest = digestOf(manifest);
    const isAsked = !reference.startsWith("sha256:") || reference === digest;
    return isAsked ? { type: manifestType, body: manifest, digest } : undefined;
  }
  const blob = [config, layer].find((b) => digestOf(b) === reference);
  return blob && { type: "application/octet-stream", body: blob, digest: reference };
}

/** Starts a registry at a free port of `address`. It lives as long as this process, or until `close`. */
export async function startRegistry({ address, images, delayMs }: RegistryOptions): Promise<Registry> {
  let count = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (delayMs > 0) await sleep(delayMs);
    count++;
    const found = find(images, (request.url ?? "").split("?")[0] ?? "");
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const { type, body, digest } = found;
    response.writeHead(200, {
      "content-type": type,
      "content-length": body.length,
      ...(digest ? { "docker-content-digest": digest } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy()); // who asked has gone
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the registry has no port");
  return {
    url: `http://${address}:${bound.port}`,
    requests: () => count,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
