// Language and theme: chosen once, kept over a reload, in the account too.

import { expect } from "@playwright/test";
import en from "../app/_messages/en.json" with { type: "json" };
import zh from "../app/_messages/zh.json" with { type: "json" };
import { pages } from "../app/_ui/nav.ts";
import { expectNoSideways, test } from "./console.ts";

test("Chinese from the settings on, on every page, and back", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "简体中文" }).click();
  await expect(page.getByRole("heading", { level: 1, name: zh.settings.title })).toBeVisible();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  for (const { href, id } of pages) {
    await page.goto(href);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("navigation").getByRole("link", { name: zh.nav[id] }).first()).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText(en.nav[id]);
    await expectNoSideways(page);
  }
  await page.goto("/settings");
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("heading", { level: 1, name: en.settings.title })).toBeVisible();
});

test("the dark theme stays over a reload", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Dark" }).click();
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.reload();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  expect(await background()).toBe(dark);
  await page.getByRole("button", { name: "Light" }).click();
  expect(await background()).not.toBe(dark);
  await page.getByRole("button", { name: "System" }).click();
});
