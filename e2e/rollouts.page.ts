// The wizard and the live page of rollouts as people use them.
import { expect, type Page } from "@playwright/test";
import { expectAccessible } from "./console.ts";
import { nodeops } from "./nodeops.ts";

/** Shortest soak that a policy takes, in the wizard's minutes. */
export const SOAK_MINUTES = "1";

/** Fills the wizard in from the kind's card to the review. @param fill types the parameters of the change */
export async function fillWizard(
  page: Page,
  kind: string,
  where: string,
  fill: (page: Page) => Promise<void>,
): Promise<void> {
  await page.goto("/rollouts/new");
  await page.getByRole("radio", { name: new RegExp(`^${kind}`) }).check();
  await fill(page);
  await page.getByRole("button", { name: "Next: Where" }).click();
  await page.getByLabel("Selector").fill(where);
  await expect(page.getByText(/^\d+ nodes?$/).first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Next: Waves" }).click();
  await page.getByLabel("Soak, minutes").fill(SOAK_MINUTES);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Next: Gates" }).click();
  await page.getByRole("button", { name: "Next: Review" }).click();
  await expect(page.getByText("If the canary is bad")).toBeVisible();
  await expectAccessible(page);
}

/** Plans what was filled in, opens its page, has it approved on the console's host and starts it. @returns its id */
export async function planAndStart(page: Page, nodes: number): Promise<string> {
  await page.getByRole("button", { name: "Plan it" }).click();
  const dialog = page.getByRole("dialog", { name: "Planned" });
  await expect(dialog.getByText("Target hash")).toBeVisible();
  await dialog.getByRole("link", { name: "Open it" }).click();
  await expect(page).toHaveURL(/\/rollouts\/[0-9a-f-]{36}$/);
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  await expect(page.getByText("This rollout waits for approval")).toBeVisible();
  await nodeops(["rollouts", "approve", id, "--yes"]);
  await expect(page.getByText("Approved and ready")).toBeVisible();
  const count = page.getByLabel(/^More than one failure domain/);
  if (await count.isVisible()) await count.fill(String(nodes));
  await page.getByRole("button", { name: /^Start on/ }).click();
  return id;
}
