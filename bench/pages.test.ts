import { expect, it } from "vitest";
import { pageFigures } from "./pages.ts";

it("adds up each page's files, largest page first, and what all pages share", () => {
  const sizes: Record<string, number> = { a: 100, b: 20, c: 3 };
  const figures = pageFigures(
    [
      { route: "/", firstLoadUncompressedJsBytes: 2_048, firstLoadChunkPaths: ["a", "c"] },
      { route: "/nodes", firstLoadUncompressedJsBytes: 4_096, firstLoadChunkPaths: ["a", "b"] },
    ],
    (chunk) => sizes[chunk] ?? Number.NaN,
  );
  expect(figures.map(({ name, samples }) => [name, ...samples])).toEqual([
    ["/nodes", 120],
    ["/", 103],
    ["shared by all pages", 100],
  ]);
  expect(figures[0]?.note).toBe("4 KiB unpacked, 2 files");
});
