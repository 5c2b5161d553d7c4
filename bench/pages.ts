// Group "pages": JavaScript a browser loads on the first visit of each page, from the build's own manifest.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import type { Figure } from "./report.ts";

const root = join(import.meta.dirname, "..");
const manifest = join(root, ".next/diagnostics/route-bundle-stats.json");

const RouteStats = z.array(
  z.object({ route: z.string(), firstLoadUncompressedJsBytes: z.number(), firstLoadChunkPaths: z.array(z.string()) }),
);
export type RouteStats = z.infer<typeof RouteStats>;

/** One figure a page, largest first, and what all pages share. `sizeOf` gives the compressed size of a chunk in bytes. */
export function pageFigures(routes: RouteStats, sizeOf: (chunk: string) => number): Figure[] {
  const total = (chunks: readonly string[]) => chunks.reduce((sum, chunk) => sum + sizeOf(chunk), 0);
  const shared = (routes[0]?.firstLoadChunkPaths ?? []).filter((chunk) =>
    routes.every(({ firstLoadChunkPaths }) => firstLoadChunkPaths.includes(chunk)),
  );
  const figures = routes.map(
    ({ route, firstLoadChunkPaths, firstLoadUncompressedJsBytes }): Figure => ({
      name: route,
      unit: "bytes",
      samples: [total(firstLoadChunkPaths)],
      note: `${(firstLoadUncompressedJsBytes / 1_024).toFixed(0)} KiB unpacked, ${firstLoadChunkPaths.length} files`,
    }),
  );
  figures.sort((a, b) => (b.samples[0] ?? 0) - (a.samples[0] ?? 0));
  return [...figures, { name: "shared by all pages", unit: "bytes", samples: [total(shared)] }];
}

/** @throws Error when the pages are not built */
export function measurePages(): Figure[] {
  if (!existsSync(manifest)) throw new Error("the build left no .next/diagnostics/route-bundle-stats.json");
  const sizes = new Map<string, number>();
  return pageFigures(RouteStats.parse(JSON.parse(readFileSync(manifest, "utf8"))), (chunk) => {
    const size = sizes.get(chunk) ?? gzipSync(readFileSync(join(root, chunk))).byteLength;
    sizes.set(chunk, size);
    return size;
  });
}
