// Takes the pictures of docs/images/ from a throw-away console with lab nodes: NODEOPS_E2E_DATA=<its folder> node e2e/pictures.ts
// Resets that console's admin password and injects two faults.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "@playwright/test";
import { nodeops, nodeopsJson } from "./nodeops.ts";

type Row = { id: string; checkId: string; nodeName: string };

const folder = join(import.meta.dirname, "../docs/images");
/** Time for charts and live data to settle, ms. */
const SETTLE_MS = 2_500;

async function waitForFinding(checkId: string): Promise<Row> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const { rows } = await nodeopsJson<{ rows: Row[] }>(["findings"]);
    const found = rows.find((row) => row.checkId === checkId);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`no finding of ${checkId}`);
}

async function shoot(page: Page, name: string, path?: string): Promise<void> {
  if (path) await page.goto(path);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

mkdirSync(folder, { recursive: true });
const { webUrl } = await nodeopsJson<{ webUrl: string }>(["status"]);
const account = await nodeopsJson<{ email: string; password: string }>(["reset-password"]);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const wide = { baseURL: webUrl, viewport: { width: 1280, height: 800 }, locale: "en" };
const light = await browser.newContext({ ...wide, colorScheme: "light" });
await light.request.post("/api/auth/sign-in/email", { data: account, headers: { origin: webUrl } });
const storageState = await light.storageState();
const dark = await browser.newContext({ ...wide, storageState, colorScheme: "dark" });
const phone = await browser.newContext({
  ...wide,
  storageState,
  colorScheme: "dark",
  viewport: { width: 390, height: 780 },
});
const chinese = await browser.newContext({ ...wide, storageState, colorScheme: "light", locale: "zh-CN" });

await nodeops(["lab", "fault", "lab-1", "runtime-down"]);
await nodeops(["lab", "fault", "lab-4", "cni-broken"]);
const down = await waitForFinding("runtime-down");
await waitForFinding("cni-broken");

const page = await light.newPage();
await shoot(page, "overview", "/");
await shoot(await dark.newPage(), "overview-dark", "/");
await shoot(await phone.newPage(), "overview-phone", "/");
await shoot(await chinese.newPage(), "findings-zh", `/findings/${down.id}`);
await shoot(page, "preview", `/findings/${down.id}?repair=start-runtime`);
await page.getByRole("button", { name: /^Start on/ }).click();
await page.getByText("Repaired and verified").waitFor({ timeout: 60_000 });
await shoot(page, "repair");
await shoot(await dark.newPage(), "node-dark", `/nodes/${down.nodeName}`);
await browser.close();
