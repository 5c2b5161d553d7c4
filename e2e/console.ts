// What every journey shares: a signed-in page that fails the test when the browser complains, and an accessibility check.
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, test as base, expect, type Page } from "@playwright/test";
import en from "../app/_messages/en.json" with { type: "json" };
import { nodeopsJson } from "./nodeops.ts";

/** Complaints that are part of a test, e.g. a 404 that is asked for on purpose. */
type Options = { expectedComplaint: RegExp | null };

/** Playwright's `test`, signed in as the first admin; console errors and page errors fail it. */
export const test = base.extend<Options>({
  expectedComplaint: [null, { option: true }],
  storageState: async ({ browserName: _ }, use) => {
    await use(process.env.NODEOPS_E2E_SESSION);
  },
  page: async ({ page, expectedComplaint }, use) => {
    const complaints: string[] = [];
    const note = (text: string): void => {
      if (!expectedComplaint?.test(text)) complaints.push(text);
    };
    page.on("pageerror", (error) => note(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") note(message.text());
    });
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol.startsWith("http") && host !== new URL(process.env.NODEOPS_E2E_URL ?? "").host) note(`asks ${host}`);
    });
    await use(page);
    expect(complaints, "the browser complained").toEqual([]);
  },
});

/** Nothing serious or critical by axe, WCAG 2.2 A and AA. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`)).toEqual([]);
}

/** The page is not wider than the screen. */
export async function expectNoSideways(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, "pixels wider than the screen").toBeLessThanOrEqual(0);
}

/** Somebody else with a role, signed in with a browser and a password of their own. Close `page.context()` when done. */
export async function signUp(browser: Browser, role: string): Promise<Page> {
  const secret = "herons wait on a lake at noon";
  const email = `${role}-${Date.now()}@example.org`;
  const { password } = await nodeopsJson<{ password: string }>(["people", "add", email, "--role", role]);
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").getByText(en.account.mustChange)).toBeVisible();
  await page.getByLabel(en.account.current).fill(password);
  await page.getByLabel(en.account.new, { exact: true }).fill(secret);
  await page.getByLabel(en.account.again).fill(secret);
  await page.getByRole("button", { name: en.account.change }).click();
  await expect(page.getByRole("heading", { name: en.account.twoFactor })).toBeVisible();
  return page;
}
