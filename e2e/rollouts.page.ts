// The wizard and the live page of rollouts as people use them.
import { expect, type Page } from "@playwright/test";
import { expectAccessible, expectNoSideways } from "./console.ts";
import { nodeops, nodeopsJson } from "./nodeops.ts";

/** Soak of the journeys in the wizard's minutes: what both lanes take, and the fast lane's least and a look or two. */
const SOAK_MINUTES = { normal: "1", fast: "0.5" };

/** Ends what another journey may have left under way: nodes are in the hands of one rollout at a time. */
export async function endOthers(): Promise<void> {
  const { rows } = await nodeopsJson<{ rows: { id: string }[] }>(["rollouts", "list", "--state", "active"]);
  for (const { id } of rows) await nodeops(["rollouts", "abort", id, "--reason", "the next journey begins"]);
}

/** Fills the wizard in from the kind's card to the review. @param fill types the parameters of the change */
export async function fillWizard(
  page: Page,
  kind: string,
  where: string,
  fill: (page: Page) => Promise<void>,
  lane: "normal" | "fast" = "normal",
): Promise<void> {
  await page.goto("/rollouts/new");
  await page.getByRole("radio", { name: new RegExp(`^${kind}`) }).check();
  await fill(page);
  await page.getByRole("button", { name: "Next: Where" }).click();
  await page.getByLabel("Selector").fill(where);
  await expect(page.getByText(/^\d+ nodes?$/).first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Next: Waves" }).click();
  await page.getByLabel("Soak, minutes").fill(SOAK_MINUTES[lane]);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Next: Gates" }).click();
  if (lane === "fast") {
    await page.getByRole("radio", { name: /^fast lane/ }).check();
    await page.getByLabel("Why it cannot wait").fill("the queues overflow now");
  }
  await page.getByRole("button", { name: "Next: Review" }).click();
  await expect(page.getByText("If the canary is bad")).toBeVisible();
  await expectAccessible(page);
}

/** It stands on the page of approvals with its nodes and hashes, and leads back. */
async function expectInQueue(page: Page, id: string, nodes: number): Promise<void> {
  await page.getByRole("link", { name: "Approvals", exact: true }).first().click();
  const item = page.locator(`[data-rollout="${id}"]`);
  await expect(item).toContainText(`${nodes} nodes`);
  await expect(item).toContainText("Target hash");
  await item.getByRole("heading").getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(id));
}

/** On a phone the line under the top bar has every act in a menu. */
export async function expectMenuOnPhone(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("button", { name: /^All actions on/ }).click();
  const menu = page.getByRole("menu");
  for (const act of ["Pause", "End soak", "Roll back", "Abort"])
    await expect(menu.getByRole("menuitem", { name: act })).toBeVisible();
  await expectNoSideways(page);
  await page.keyboard.press("Escape");
  if (size) await page.setViewportSize(size);
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
  await expectInQueue(page, id, nodes);
  await nodeops(["rollouts", "approve", id, "--yes"]);
  await expect(page.getByText("Approved and ready")).toBeVisible();
  const count = page.getByLabel(/^More than one failure domain/);
  if (await count.isVisible()) await count.fill(String(nodes));
  await page.getByRole("button", { name: /^Start on/ }).click();
  return id;
}
