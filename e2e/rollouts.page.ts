// The wizard and the live page of rollouts as people use them.
import { expect, type Page } from "@playwright/test";
import { expectAccessible } from "./console.ts";
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
