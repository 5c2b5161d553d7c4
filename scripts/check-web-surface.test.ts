// The rule finds planted breaches, keeps quiet on what is allowed, and holds for this checkout.
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSurface, surfaceViolations } from "./check-web-surface.ts";

test.each([
  { name: "a server action", path: "app/actions.ts", source: '"use server";\nexport async function go() {}' },
  { name: "one inside a component", path: "app/page.tsx", source: "async function go() {\n  'use server';\n}" },
  { name: "one anywhere", path: "server/nodes/list.ts", source: '// x\n"use server"\n' },
  { name: "middleware", path: "middleware.ts", source: "" },
  { name: "its new name", path: "proxy.ts", source: "" },
  { name: "in the app folder", path: "app/middleware.ts", source: "" },
  { name: "a route handler", path: "app/api/nodes/route.ts", source: "" },
  { name: "the pages router", path: "pages/api/x.ts", source: "" },
  { name: "rewrites", path: "next.config.ts", source: "const config = { rewrites: async () => [] };" },
  { name: "images of elsewhere", path: "next.config.ts", source: "images: { remotePatterns: [] }" },
])("found: $name", ({ path, source }) => {
  expect(surfaceViolations(new Map([[path, source]]))).toHaveLength(1);
});

test.each([
  { path: "app/_ui/a.tsx", source: '"use client";\n// why not "use server": see web/' },
  { path: "lab/proxy.ts", source: "" },
  { path: "app/(console)/page.tsx", source: "export default function Page() {}" },
])("allowed: $path", ({ path, source }) => {
  expect(surfaceViolations(new Map([[path, source]]))).toEqual([]);
});

test("holds for this checkout", () => {
  const files = readSurface(join(import.meta.dirname, ".."));
  expect(files.has("next.config.ts")).toBe(true);
  expect(files.size).toBeGreaterThan(100);
  expect(surfaceViolations(files)).toEqual([]);
});
