// Everything by keyboard: palette, page chords, list walking, filter, help.
import { expect } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";

test("the palette finds a node and opens it", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog");
  await expect(palette.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("lab-2");
  await expect(palette.getByRole("option").filter({ hasText: "lab-2" }).first()).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "lab-2" })).toBeVisible();
});

test("g n goes to the nodes, j and Enter open the first, / filters", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await expect(page).toHaveURL(/\/nodes$/);
  await expect(page.getByRole("link", { name: "lab-1" })).toBeVisible();

  await page.keyboard.press("/");
  await page.keyboard.type("lab-2");
  await expect(page).toHaveURL(/q=lab-2/);
  await expect(page.getByRole("link", { name: "lab-1" })).toBeHidden();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "lab-1" })).toBeVisible();

  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/nodes\/[0-9a-f-]{36}/);
});

test("? shows the keys and Escape closes them", async ({ page }) => {
  await page.goto("/checks");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("the first Tab skips to the content", async ({ page }) => {
  await page.goto("/nodes");
  await expect(page.getByRole("link", { name: "lab-1" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
});
