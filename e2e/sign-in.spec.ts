// Signing in and out: the way back to the wanted page, a wrong password, a session that ended.
import { expect } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";

test.use({ storageState: { cookies: [], origins: [] }, expectedComplaint: /401/ });

const email = process.env.NODEOPS_E2E_EMAIL ?? "";
const password = process.env.NODEOPS_E2E_PASSWORD ?? "";

test("a link leads through the sign-in page to where it pointed, and out again", async ({ page }) => {
  await page.goto("/nodes?q=lab");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expectAccessible(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/nodes\?q=lab/);
  await expect(page.getByRole("link", { name: "lab-1" })).toBeVisible();

  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto("/nodes");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
});

test("a wrong password is said in words, in the chosen language", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "简体中文" }).click();
  await expect(page.getByRole("button", { name: "登录" })).toBeVisible();
  await page.getByLabel("密码").fill("not the password");
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByRole("alert").getByText("邮箱或密码不正确")).toBeVisible();
  await expect(page.getByLabel("密码")).toBeFocused();
});

test("nobody is led to another site after signing in", async ({ page }) => {
  await page.goto("/sign-in?next=//elsewhere.example/path");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("healthy");
  expect(new URL(page.url()).pathname).toBe("/");
});
