// Browser journeys (e2e/) on Debian's Chromium against a real stack that e2e/setup.ts starts and ends.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/setup.ts",
  outputDir: "test-results",
  // One stack with a handful of nodes: journeys repair what others look at.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // On a machine that does everything at once a journey may lose a race that no person would: it is tried once more, and named as flaky in the report.
  retries: process.env.CI === undefined ? 0 : 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    // Set by e2e/setup.ts before the workers load this file.
    baseURL: process.env.NODEOPS_E2E_URL,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
