// The knowledge base: found although misspelt, read in both languages, written with proofs as one types, sent to review.
import { expect } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";

test("a misspelt search finds the article, and it is read", async ({ page }) => {
  await page.goto("/knowledge?kind=cause");
  await page.getByRole("searchbox", { name: "Search articles, misspelt words too" }).fill("conection trackng table");
  await page.getByRole("link", { name: "The connection tracking table is full" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "The connection tracking table is full" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What you can do" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Connection tracking almost full" })).toBeVisible();
});

test("an article is written, proves its signature, is kept and waits for review", async ({ page }) => {
  await page.goto("/knowledge");
  await page.getByRole("button", { name: "New article" }).click();
  await page.getByLabel("Name of the cause").fill("lamp oil empty");
  await expect(page.getByText("Lower-case words joined by hyphens.")).toBeVisible();
  await page.getByLabel("Name of the cause").fill("lamp-oil-empty");
  await page.getByRole("button", { name: "Write", exact: true }).click();
  const text = page.getByLabel("English text");
  await expect(text).toHaveAttribute("aria-invalid", "true");
  const begun = await text.inputValue();
  await text.fill(
    begun.replace("title: ", "title: The lamp has no oil").replace(/^(## .+)$/gm, "$1\n\nIt is **dark**."),
  );
  await expect(page.locator("strong", { hasText: "dark" }).first()).toBeVisible();

  await page.getByRole("tab", { name: "Signatures" }).click();
  await page.getByRole("button", { name: "Add signature" }).click();
  await page.getByLabel("Pattern 1").fill("lamp (");
  await expect(page.getByLabel("Pattern 1")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Pattern 1").fill(String.raw`lamp \S+ went out: no oil`);
  await page.getByRole("button", { name: "Add text" }).first().click();
  await page.getByRole("textbox", { name: "Text 1", exact: true }).fill('level=error msg="lamp l-7 went out: no oil"');
  await expect(page.getByText("as it must be", { exact: true })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved as version 1")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Send to review" }).click();
  await expect(page.getByRole("cell", { name: "waits for review" })).toBeVisible();
  await page.getByRole("button", { name: "Send back" }).click();
  await expect(page.getByRole("cell", { name: "draft", exact: true })).toBeVisible();
});
