// The main journey on real faults: grid → node → finding → preview → repair → verified, without a reload anywhere.
import { expect, type Page } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";
import { nodeops } from "./nodeops.ts";

/** A lab fault must be seen within this, ms. */
const SEEN_MS = 60_000;
/** A repair with its verification takes at most this, ms. */
const REPAIRED_MS = 100_000;

test.describe.configure({ timeout: 240_000 });

async function runRepair(page: Page, node: string): Promise<void> {
  const preview = page.getByRole("dialog");
  await expect(preview.getByRole("heading", { name: "Guards" })).toBeVisible();
  await expectAccessible(page);
  await preview.getByRole("button", { name: `Start on ${node}` }).click();
  await expect(page).toHaveURL(/\/repairs\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Repaired and verified")).toBeVisible({ timeout: REPAIRED_MS });
  for (const phase of ["evidence", "step-0", "settle", "verify"]) {
    await expect(page.locator(`[data-phase="${phase}"]`)).toHaveAttribute("data-status", "done");
  }
  await expect(page.getByRole("heading", { name: "Before and after" })).toBeVisible();
  await expectAccessible(page);
}

test("a runtime that died is seen, explained, started again and verified", async ({ page }) => {
  await page.goto("/");
  const cell = page.getByRole("link", { name: /^lab-1, / });
  await expect(cell).toHaveAccessibleName("lab-1, healthy");
  await nodeops(["lab", "fault", "lab-1", "runtime-down"]);
  await expect(cell).toHaveAccessibleName("lab-1, unhealthy", { timeout: SEEN_MS });
  await expect(page.getByRole("link", { name: "Container runtime down" })).toBeVisible();

  await cell.click();
  await expect(page.getByRole("heading", { level: 1, name: "lab-1" })).toBeVisible();
  await page.getByRole("link", { name: "Container runtime down" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Container runtime down" })).toBeVisible();
  await expect(page.getByText("Failed probes in a row")).toBeVisible();
  await page.getByRole("button", { name: "Preview" }).first().click();
  await runRepair(page, "lab-1");

  const evidence = page.locator('[data-phase="evidence"] details').first();
  await evidence.locator("summary").click();
  await expect(evidence.locator("pre")).not.toBeEmpty();

  await page.getByRole("main").getByRole("link", { name: "lab-1", exact: true }).click();
  await expect(page.getByText("healthy", { exact: true }).first()).toBeVisible({ timeout: SEEN_MS });
  await page.getByRole("tab", { name: "Time line" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "Start the runtime" }).first()).toBeVisible();
});

test("a broken network configuration is put back from the list of causes", async ({ page }) => {
  await nodeops(["lab", "fault", "lab-2", "cni-broken"]);
  await page.goto("/findings");
  const group = page.getByRole("listitem").filter({ hasText: "Container network configuration broken" }).first();
  await expect(group).toBeVisible({ timeout: SEEN_MS });
  await group.getByRole("button", { name: /^Show the nodes/ }).click();
  await group
    .getByRole("link", { name: /on lab-2$/ })
    .first()
    .click();
  await runRepair(page, "lab-2");
  await page.goto("/repairs");
  await expect(page.getByRole("row").filter({ hasText: "lab-2" }).first()).toContainText("verified");
});
