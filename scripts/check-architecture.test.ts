// The architecture check finds planted breaches, keeps quiet on allowed imports, and reads this checkout.
import { join } from "node:path";
import { expect, test } from "vitest";
import { importsOf, readSources, violations } from "./check-architecture.ts";

const check = (files: Record<string, string>) => violations(new Map(Object.entries(files)));

test.each([
  {
    name: "the agent may not import the server",
    path: "agent/main.ts",
    source: 'import { x } from "../server/core/db.ts";',
  },
  { name: "nor repairs", path: "agent/link/a.ts", source: 'import { x } from "../../repairs/index.ts";' },
  {
    name: "pages get no server code by value",
    path: "app/page.tsx",
    source: 'import { x } from "../server/nodes/list.ts";',
  },
  { name: "re-exports count", path: "app/a.ts", source: 'export { x } from "../server/core/db.ts";' },
  {
    name: "dynamic imports count",
    path: "gateway/a.ts",
    source: 'const x = await import("../server/repairs/start.ts");',
  },
  {
    name: "imports over several lines count",
    path: "gateway/a.ts",
    source: 'import {\n  x,\n  y,\n} from "../server/repairs/start.ts";',
  },
  {
    name: "another domain's rows are private",
    path: "server/repairs/a.ts",
    source: 'import { x } from "../findings/rows.ts";',
  },
  { name: "a domain does not know the API", path: "server/nodes/a.ts", source: 'import { x } from "../api/trpc.ts";' },
  { name: "pure folders do no I/O", path: "checks/a.ts", source: 'import { readFileSync } from "node:fs";' },
  { name: "pure folders use no packages", path: "parsers/a.ts", source: 'import { z } from "zod";' },
])("$name", ({ path, source }) => {
  expect(check({ [path]: source })).toHaveLength(1);
});

test.each([
  {
    name: "types of the API in pages",
    path: "app/a.ts",
    source: 'import type { AppRouter } from "../server/api/root.ts";',
  },
  { name: "schemas in pages", path: "app/a.ts", source: 'import { ListNodes } from "../server/nodes/schema.ts";' },
  {
    name: "ingest in the gateway",
    path: "gateway/a.ts",
    source: 'import { ingest } from "../server/findings/ingest.ts";',
  },
  { name: "anything in a test", path: "agent/a.test.ts", source: 'import { x } from "../server/core/db.ts";' },
  { name: "expose() in a router", path: "server/nodes/router.ts", source: 'import { expose } from "../api/trpc.ts";' },
  { name: "another domain's verbs", path: "server/repairs/a.ts", source: 'import { x } from "../findings/get.ts";' },
])("allowed: $name", ({ path, source }) => {
  expect(check({ [path]: source })).toEqual([]);
});

test("finds a cycle, but not one of types only", () => {
  const b = 'import { a } from "./a.ts";';
  expect(check({ "server/x/a.ts": 'import { b } from "./b.ts";', "server/x/b.ts": b })).toEqual([
    "cycle: server/x/a.ts → server/x/b.ts → server/x/a.ts",
  ]);
  expect(check({ "server/x/a.ts": 'import type { B } from "./b.ts";', "server/x/b.ts": b })).toEqual([]);
});

test("reads the imports of real files", () => {
  const files = readSources(join(import.meta.dirname, ".."));
  expect(importsOf(files.get("scripts/check-architecture.ts") ?? "").map(({ specifier }) => specifier)).toEqual([
    "node:fs",
    "node:module",
    "node:path",
    "./hash.ts",
  ]);
});
