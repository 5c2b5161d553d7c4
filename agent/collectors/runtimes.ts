// Facts "runtimes", "containers", "pods", "images": what the container runtimes of the node say.

import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import { within } from "../host/wait.ts";
import { detectRuntimes } from "../runtimes/detect.ts";
import type { ImageInfo } from "../runtimes/types.ts";
import { type Inventory, isNoRuntime, runtimeFacts, type Watched } from "../runtimes/watch.ts";
import { type CollectorContext, defineCollector } from "./define.ts";

/** Answers of an inventory may be this old: collectors of one tick share it. */
const SHARED_MS = 4_000;

export const runtimes = defineCollector({
  kind: "runtimes",
  everyMs: 5_000,
  timeoutMs: 8_000,
  read: async (ctx) => {
    const { runtimes: watch, memory, config } = ctx;
    watch.use(detectRuntimes(config, memory.data.runtimes));
    await Promise.all(
      watch.all().map(async (watched) => {
        await watch.probe(watched);
        if (watched.probe.ok) await watch.inventory(watched, 4_000).catch(() => undefined); // its own collector reports the failure
      }),
    );
    const named = new Set(config.runtimes.map((item) => item.endpoint));
    for (const watched of watch.all()) {
      if (!named.has(watched.runtime.spec.endpoint) && isNoRuntime(watched, watch.all())) watch.leaveOut(watched);
    }
    memory.data.runtimes = watch.all().map(({ runtime: { spec } }) => ({
      id: spec.id,
      kind: spec.kind,
      endpoint: spec.endpoint,
      module: spec.module,
    }));
    return runtimeFacts(watch.all());
  },
});

/** Inventories of all runtimes. @throws when one does not answer: a part of the containers would look like a loss of the others */
async function inventories({ runtimes: watch }: CollectorContext): Promise<Inventory[]> {
  return Promise.all(watch.all().map((watched) => watch.inventory(watched, SHARED_MS)));
}

/** One entry per id: an engine that also serves CRI (PouchContainer, cri-dockerd) lists its containers twice, first with their pods. */
export function listedOnce<T extends { id: string }>(lists: readonly (readonly T[])[]): T[] {
  const byId = new Map<string, T>();
  for (const item of lists.flat()) if (!byId.has(item.id)) byId.set(item.id, item);
  return [...byId.values()];
}

export const containers = defineCollector({
  kind: "containers",
  everyMs: 10_000,
  timeoutMs: 12_000,
  read: async (ctx) => listedOnce((await inventories(ctx)).map((inventory) => inventory.containers)),
});

export const pods = defineCollector({
  kind: "pods",
  everyMs: 10_000,
  timeoutMs: 12_000,
  read: async (ctx) => (await inventories(ctx)).flatMap((inventory) => inventory.pods),
});

/** How many containers were made from an image: by id, digest or tag, whichever the runtime gave the container. */
export function usersOf(image: ImageInfo, containersOf: readonly Pick<ContainerFact, "image" | "imageId">[]): number {
  const names = new Set([image.id, ...image.tags, ...image.digests]);
  return containersOf.filter((c) => (c.imageId !== null && names.has(c.imageId)) || names.has(c.image)).length;
}

async function imagesOf(ctx: CollectorContext, watched: Watched): Promise<FactData["images"]> {
  const inventory = await ctx.runtimes.inventory(watched, SHARED_MS);
  const list = await within("images", 6_000, watched.runtime.images());
  watched.imageCount = list.length;
  return list.map((image) => {
    const { digests: _, ...info } = image;
    return { ...info, usedBy: usersOf(image, inventory.containers) };
  });
}

export const images = defineCollector({
  kind: "images",
  everyMs: 30_000,
  timeoutMs: 20_000,
  read: async (ctx) => (await Promise.all(ctx.runtimes.all().map((watched) => imagesOf(ctx, watched)))).flat(),
});
