// Patrols: a plan with a live count while one types, a look at once with its report, coverage first; the inspection before a change.
import { expect } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";

/** A look at three nodes, with fresh facts, takes at most this, ms. */
const LOOKED_MS = 90_000;

test.describe.configure({ timeout: 180_000 });

test("a patrol is planned, looks at once, and its report says what was looked at", async ({ page }) => {
  await page.goto("/patrols");
  await page.getByRole("button", { name: "New patrol" }).first().click();
  const drawer = page.getByRole("dialog", { name: "New patrol" });
  await drawer.getByLabel("Name").fill("Evening round");
  const nodes = drawer.getByLabel("Nodes");
  await nodes.fill("name=");
  await expect(nodes).toHaveAttribute("aria-invalid", "true");
  await nodes.fill("name=nobody-*");
  await expect(drawer.getByText("No node", { exact: true })).toBeVisible();
  await nodes.fill("name=lab-*");
  await expect(drawer.getByText("3 nodes")).toBeVisible();
  await expectAccessible(page);
  await drawer.getByLabel("When").selectOption("cron");
  await drawer.getByLabel("Cron expression").fill("0 18 * * 1-5");
  await drawer.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Evening round" })).toBeVisible();

  await page.getByRole("button", { name: "Look now" }).click();
  await expect(page).toHaveURL(/\/patrols\/runs\/[0-9a-f-]{36}$/);
  await expect(page.getByText("done", { exact: true }).first()).toBeVisible({ timeout: LOOKED_MS });
  for (const [name, value] of [
    ["Nodes selected", "3"],
    ["Looked at", "3"],
    ["Not reporting", "0"],
  ] as const) {
    await expect(page.locator("dl > div").filter({ hasText: name }).locator("dd")).toHaveText(value);
  }
  await expectAccessible(page);

  await page.getByRole("link", { name: "Evening round" }).click();
  await expect(page.getByRole("row").filter({ hasText: "3 / 3" })).toBeVisible();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page).toHaveURL(/\/patrols$/);
  await page.getByRole("tab", { name: "Reports" }).click();
  await expect(page.getByRole("row").filter({ hasText: "3 / 3" }).first()).toBeVisible();
});

test("the inspection before a change gives a verdict", async ({ page }) => {
  await page.goto("/patrols?open=now");
  const drawer = page.getByRole("dialog", { name: "Look now" });
  await drawer.getByLabel("Nodes").fill("name=lab-2");
  await expect(drawer.getByText("1 node", { exact: true })).toBeVisible();
  await drawer.getByRole("button", { name: "Before a change" }).click();
  await drawer.getByRole("button", { name: "Look now" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Before a change" })).toBeVisible();
  await expect(page.getByText(/^(pass|fail|inconclusive)$/).first()).toBeVisible({ timeout: LOOKED_MS });
});
