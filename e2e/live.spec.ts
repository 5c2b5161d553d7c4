// The page is live without a reload, says when it is not, and comes back by itself.
import { expect } from "@playwright/test";
import { test } from "./console.ts";
import { nodeops } from "./nodeops.ts";

test.use({ expectedComplaint: /ERR_INTERNET_DISCONNECTED|Failed to fetch/ });

test("maintenance set elsewhere shows here at once", async ({ page }) => {
  await page.goto("/nodes");
  const row = page.getByRole("row").filter({ hasText: "lab-2" });
  await expect(row).toBeVisible();
  await expect(page.locator("[data-live=live]")).toBeVisible();
  await nodeops(["node", "maintenance", "lab-2", "on"]);
  await expect(row).toContainText("maintenance");
  await nodeops(["node", "maintenance", "lab-2", "off"]);
  await expect(row).not.toContainText("maintenance");
});

test("a lost link is said and found again", async ({ page, context }) => {
  await page.goto("/nodes");
  await expect(page.locator("[data-live=live]")).toBeVisible();
  await context.setOffline(true);
  await expect(page.locator("[data-live=polling]")).toContainText("Not live", { timeout: 30_000 });
  await context.setOffline(false);
  await expect(page.locator("[data-live=live]")).toBeVisible({ timeout: 30_000 });
});
