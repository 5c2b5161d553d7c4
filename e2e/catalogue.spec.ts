// The catalogue of checks: found and filtered; a check that says what it takes before the product may act alone; a mute that is made and ended.
import { expect, type Page } from "@playwright/test";
import en from "../app/_messages/en.json" with { type: "json" };
import { expectAccessible, test } from "./console.ts";

test.use({ expectedComplaint: /40[139]/ });

/** Setting a mode asks who is there; a fresh sign-in is not asked. */
async function confirmIfAsked(page: Page, done: () => Promise<void>): Promise<void> {
  const dialog = page.getByRole("dialog", { name: en.stepUp.title });
  await Promise.race([dialog.waitFor(), done().catch(() => null)]);
  if (await dialog.isVisible()) {
    await dialog.getByLabel(en.stepUp.password).fill(process.env.NODEOPS_E2E_PASSWORD ?? "");
    await dialog.getByRole("button", { name: en.stepUp.submit }).click();
  }
  await done();
}

test("a check is found by its name, and by what it is called elsewhere", async ({ page }) => {
  await page.goto("/checks");
  const rows = page.getByRole("table").getByRole("row");
  await expect(rows.nth(100)).toBeAttached();
  await page.keyboard.press("/");
  await page.keyboard.type("conntrack");
  await expect(page).toHaveURL(/q=conntrack/);
  await expect(page.getByRole("link", { name: "Connection tracking almost full" })).toBeVisible();
  await expect(rows.nth(30)).not.toBeAttached();
  await page.getByRole("searchbox").fill("netfilter_conntrack_insert_failed");
  await expect(page.getByRole("link", { name: "Connection tracking inserts fail" })).toBeVisible();
  await expect(rows).toHaveCount(2);
  await page.getByRole("searchbox").fill("");
  await expect(page).not.toHaveURL(/q=/);

  await page.getByRole("button", { name: "Area" }).click();
  await page.getByRole("menuitemcheckbox").filter({ hasText: "lxcfs" }).first().click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/area=lxcfs/);
  for (const row of (await rows.all()).slice(1)) await expect(row).toContainText("lxcfs ·");
});

test("auto is refused with the figures that it takes, a softer mode is set and shown", async ({ page }) => {
  await page.goto("/checks?q=runtime-down");
  await page.getByRole("link", { name: "Container runtime down" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Container runtime down" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Measured" })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Change" }).click();
  const drawer = page.getByRole("dialog", { name: "Change" });
  await drawer.getByLabel("Mode").selectOption("auto");
  await drawer.getByLabel("Reason").fill("we trust it");
  await expectAccessible(page);
  await drawer.getByRole("button", { name: "Set" }).click();
  await confirmIfAsked(page, () => expect(drawer.getByRole("alert")).toContainText("at least 20 are needed"));

  await drawer.getByLabel("Mode").selectOption("approve");
  await drawer.getByRole("button", { name: "Set" }).click();
  await expect(drawer).toBeHidden();
  await expect(page.getByText("the product prepares the run, people release it")).toBeVisible();

  await page.getByRole("button", { name: "Change" }).click();
  await drawer.getByLabel("Mode").selectOption("suggest");
  await drawer.getByLabel("Reason").fill("back to where it was");
  await drawer.getByRole("button", { name: "Set" }).click();
  await expect(page.getByText("repairs are offered, people start them")).toBeVisible();
});

test("a check is muted for a part of the fleet, and the mute is ended", async ({ page }) => {
  await page.goto("/checks/tasks-stuck");
  await page.getByRole("button", { name: "Mute" }).click();
  const drawer = page.getByRole("dialog", { name: "Mute" });
  await drawer.getByLabel("Nodes").fill("name=lab-1");
  await expect(drawer.getByText("1 node", { exact: true })).toBeVisible();
  await drawer.getByLabel("Reason").fill("its disk is being replaced");
  await expectAccessible(page);
  await drawer.getByRole("button", { name: "Mute" }).click();
  await expect(drawer).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: "name=lab-1" });
  await expect(row).toContainText("its disk is being replaced");

  await page.goto("/checks?tab=mutes");
  await expectAccessible(page);
  await row.getByRole("button", { name: "End the mute" }).click();
  await expect(row).toBeHidden();
  await page.getByRole("button", { name: "Over" }).click();
  await expect(row.first()).toContainText("ended");
});
