// One cause on several nodes is one incident: repairs of single nodes are held, and starting one all the same takes a reason.
import { expect } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";
import { nodeops } from "./nodeops.ts";

const nodes = ["lab-1", "lab-2", "lab-3"] as const;
/** Three lab faults must be seen, and their cause, within this, ms. */
const SEEN_MS = 90_000;

test.describe.configure({ timeout: 300_000 });

test("three nodes with one cause are one incident; a single repair needs a reason", async ({ page }) => {
  for (const node of nodes) await nodeops(["lab", "fault", node, "ip-forward-off"]);
  await page.goto("/");
  const incident = page.getByRole("link", { name: "Configuration net.ipv4.ip_forward" });
  await expect(incident).toBeVisible({ timeout: SEEN_MS });
  await incident.click();
  await expect(page.getByRole("heading", { level: 1, name: "Configuration net.ipv4.ip_forward" })).toBeVisible();
  for (const node of nodes) await expect(page.getByRole("link", { name: node, exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.getByText("acknowledged", { exact: false }).first()).toBeVisible();

  await page
    .getByRole("row")
    .filter({ hasText: "lab-1" })
    .getByRole("link", { name: /ip_forward is 0/ })
    .click();
  await expect(page.getByText("Held: 3 nodes share one cause")).toBeVisible();
  await page.getByRole("button", { name: "False alarm" }).click();
  await expect(page.getByRole("button", { name: "False alarm" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("button", { name: "False alarm" })).toHaveAttribute("aria-pressed", "false");

  await page.getByRole("button", { name: "Preview" }).click();
  const preview = page.getByRole("dialog");
  const start = preview.getByRole("button", { name: "lab-1" });
  await expect(preview.getByRole("link", { name: /^To the incident/ })).toBeVisible();
  await expect(start).toBeDisabled();
  await preview.getByLabel(/all the same, because/).fill("this node must serve now");
  await expect(start).toBeEnabled();
  await expectAccessible(page);
  await start.click();
  await expect(page).toHaveURL(/\/repairs\/[0-9a-f-]{36}$/);
  // It interrupts traffic: without a signature it waits, and says by whom and in spite of what it was asked for.
  await expect(page.getByText("started by a person although an incident held it")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(page.getByText("cancelled", { exact: true }).first()).toBeVisible({ timeout: SEEN_MS });

  for (const node of nodes) await nodeops(["lab", "heal", node, "ip-forward-off"]);
  await page.goto("/incidents?state=closed");
  await expect(page.getByRole("link", { name: "Configuration net.ipv4.ip_forward" }).first()).toBeVisible({
    timeout: SEEN_MS,
  });
});
