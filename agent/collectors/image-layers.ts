// Fact "imageLayers": the layers of named images with their sizes, read from the runtime's store on disk (containerd's content, Docker's layer database).
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readPlain } from "../host/file.ts";
import { within } from "../host/wait.ts";
import type { ImageInfo } from "../runtimes/types.ts";
import type { Watched } from "../runtimes/watch.ts";
import { defineCollector } from "./define.ts";

type Layers = FactData["imageLayers"][number]["layers"];

const IMAGES_MAX = 200;
/** Manifests and image configurations are small; what is larger is no such thing. */
const BLOB_BYTES_MAX = 4 * 1024 * 1024;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

const Descriptor = z.object({
  digest: z.string(),
  size: z.number().optional(),
  platform: z.object({ os: z.string(), architecture: z.string() }).partial().optional(),
});
const Manifest = z.object({ layers: z.array(Descriptor).optional(), manifests: z.array(Descriptor).optional() });
const ImageConfig = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/** Go's name of this machine's architecture. */
const architecture = (): string =>
  ({ x64: "amd64", arm: "arm", arm64: "arm64" })[process.arch as string] ?? process.arch;

/**
 * Layers of a manifest (OCI image-spec), through an index for this machine when there is one; null when a piece is not here.
 * @param blob gives the text of a digest, null when it is not in the store
 */
export function manifestLayers(digest: string, blob: (digest: string) => string | null, depth = 0): Layers | null {
  const text = blob(digest);
  if (text === null || depth > 2) return null;
  const parsed = Manifest.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { layers, manifests } = parsed.data;
  if (layers) return layers.map((layer) => ({ digest: short(layer.digest), bytes: layer.size ?? 0 }));
  const own = manifests?.find((m) => m.platform?.os === "linux" && m.platform.architecture === architecture());
  return own ? manifestLayers(own.digest, blob, depth + 1) : null;
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a damaged blob
  }
};

const short = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 16);

/** Ids of layer chains as Docker's layer database has them: each is the hash of the one below and its own (OCI image-spec, config, ChainID). */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diff of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diff : `sha256:${createHash("sha256").update(`${below} ${diff}`).digest("hex")}`);
  }
  return chain;
}

function blobIn(root: string): (digest: string) => string | null {
  return (digest) => {
    const hex = DIGEST.exec(digest)?.[1];
    if (!hex) return null;
    try {
      const path = join(root, "io.containerd.content.v1.content/blobs/sha256", hex);
      return readPlain(path, { maxBytes: BLOB_BYTES_MAX }).toString("utf8");
    } catch {
      return null; // not in this store
    }
  };
}

function dockerLayers(root: string, id: string): Layers | null {
  const hex = DIGEST.exec(id)?.[1];
  if (!hex) return null;
  try {
    const base = join(root, "image/overlay2");
    const text = readPlain(join(base, "imagedb/content/sha256", hex), { maxBytes: BLOB_BYTES_MAX }).toString("utf8");
    const config = ImageConfig.safeParse(parseJson(text));
    if (!config.success) return null;
    const diffs = config.data.rootfs.diff_ids;
    return chainIds(diffs).map((chain, at) => ({
      digest: short(diffs[at] ?? chain),
      bytes: readNumber(join(base, "layerdb/sha256", chain.replace(/^sha256:/, ""), "size")) ?? 0,
    }));
  } catch {
    return null; // another storage driver
  }
}

/** Repository and tag of an image name; null without a tag. */
export function splitTag(name: string): { repository: string; tag: string } | null {
  const match = /^(.+):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/.exec(name);
  return match?.[1] && match[2] && !name.includes("@") ? { repository: match[1], tag: match[2] } : null;
}

function layersOf({ runtime, details }: Watched, image: ImageInfo): Layers | null {
  const root = details?.rootDir;
  if (!root) return null;
  if (runtime.spec.kind === "docker") return dockerLayers(root, image.id);
  const manifest = image.digests.map((d) => d.split("@").at(-1) ?? "").find((d) => DIGEST.test(d));
  return manifest ? manifestLayers(manifest, blobIn(root)) : null;
}

export const imageLayers = defineCollector({
  kind: "imageLayers",
  // Images come by the hour, not by the second.
  everyMs: 300_000,
  timeoutMs: 20_000,
  read: async ({ runtimes }) => {
    const rows: FactData["imageLayers"] = [];
    for (const watched of runtimes.all()) {
      if (!watched.probe.ok) continue;
      const images = await within("images", 8_000, watched.runtime.images());
      for (const image of images.slice(0, IMAGES_MAX - rows.length)) {
        const name = image.tags.map(splitTag).find((split) => split !== null);
        const layers = name ? layersOf(watched, image) : null;
        if (name && layers) rows.push({ id: image.id, runtime: watched.runtime.spec.id, ...name, layers });
      }
    }
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  },
});
