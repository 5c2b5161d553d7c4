// Test projects by file name: x.test.ts (pure), x.db.test.ts (real PostgreSQL), x.lab.test.ts (real runtimes, as root), x.proof.test.ts
// (the same at length: too long for every change, run by hand with `npx vitest run --project proof`).
import { configDefaults, defineConfig } from "vitest/config";

const exclude = [...configDefaults.exclude, ".next/**", ".tools/**", ".nodeops/**", "dist/**", "e2e/**"];
const special = ["**/*.db.test.ts", "**/*.lab.test.ts", "**/*.proof.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["**/*.test.ts", "**/*.test.tsx"],
          exclude: [...exclude, ...special],
          // Only against tests that hang: walks over the whole catalogue take seconds on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "db",
          include: ["**/*.db.test.ts"],
          exclude,
          globalSetup: ["testing/global-database.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "lab",
          include: ["**/*.lab.test.ts"],
          exclude,
          globalSetup: ["testing/global-database.ts"],
          // Nodes share one kernel: bridges, cgroups and memory. One file at a time.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: "proof",
          include: ["**/*.proof.test.ts"],
          exclude,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
