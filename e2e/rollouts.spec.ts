// Changes in waves on real nodes: the wizard to success, and a bad canary that goes back by itself. Nothing is lost by a reload on the way.
import { expect } from "@playwright/test";
import { conflist, paths } from "../lab/node-files.ts";
import { expectAccessible, expectNoSideways, test } from "./console.ts";
import { nodeopsJson } from "./nodeops.ts";
import { endOthers, expectMenuOnPhone, fillWizard, planAndStart } from "./rollouts.page.ts";

/** Two waves with half a minute of soak each, the rehearsal of the way back included, ms. */
const SUCCEEDED_MS = 180_000;
/** From the start to the rollback's end of a canary that breaks the network of new pods, ms. */
const BACK_MS = 120_000;

/** One pool: each is the other's control, first before its turn and then after its wave has passed. */
const PAIR = ["lab-1", "lab-3"];

type Findings = { rows: { id: string }[] };

test.describe.configure({ timeout: 300_000 });
test.beforeEach(endOthers);

test("the wizard keeps what was typed, plans, has it approved, and the change reaches both nodes in waves", async ({
  page,
}) => {
  await fillWizard(
    page,
    "Kernel setting",
    `name=${PAIR.join("|")}`,
    async () => {
      await page.getByLabel("Name", { exact: true }).fill("net.core.somaxconn");
      await page.getByLabel("Value").fill("not a number");
      await expect(page.getByText("Not in the form that is expected here.")).toBeVisible();
      await page.getByLabel("Title").fill("Longer accept queues");
      await page.reload();
      await expect(page.getByLabel("Value")).toHaveValue("not a number");
      await page.getByLabel("Value").fill("8192");
    },
    "fast",
  );
  await page.getByRole("button", { name: "Waves", exact: false }).first().click();
  await page.getByText("More of the policy").click();
  await page.getByLabel("No harm seen, but not proven").selectOption("pass");
  await page.getByRole("button", { name: "Next: Gates" }).click();
  await page.getByRole("button", { name: "Next: Review" }).click();
  await planAndStart(page, PAIR.length);

  await expect(page.getByText("running", { exact: true }).first()).toBeVisible();
  await expectAccessible(page);
  // On every other screen in one line.
  await page.getByRole("link", { name: "Nodes", exact: true }).first().click();
  const bar = page.getByRole("region", { name: "Rollouts that go on" });
  await expect(bar.getByRole("link", { name: "Longer accept queues" })).toBeVisible();
  await expect(bar.getByRole("button", { name: "Pause" })).toBeVisible();
  await expectMenuOnPhone(page);
  await bar.getByRole("link", { name: "Longer accept queues" }).click();

  // On its own page the line is gone: until then the click would meet the line's button, which goes with the page.
  await expect(bar).toBeHidden();
  const dialog = page.getByRole("dialog");
  await expect(async () => {
    await page.getByRole("button", { name: "Pause" }).first().click({ timeout: 3_000 });
    await expect(dialog.getByLabel("Why")).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await dialog.getByLabel("Why").fill("a look at the canary first");
  await dialog.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("paused", { exact: true }).first()).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await dialog.getByLabel("Why").fill("it looks well");
  await dialog.getByRole("button", { name: "Resume" }).click();

  await expect(page.getByText("succeeded", { exact: true }).first()).toBeVisible({ timeout: SUCCEEDED_MS });
  await expect(page.getByText("hash chain is whole")).toBeVisible();
  await expect(page.getByText(/^Wave 1: (lab-\d|1 node) is changed\./).first()).toBeVisible();
  for (const node of PAIR) await expect(page.getByRole("row").filter({ hasText: node })).toContainText("changed");
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSideways(page);
  // The node tells the same.
  await page.goto(`/nodes/${PAIR[0]}?tab=timeline`);
  await expect(page.getByRole("link", { name: "Changed by rollout “Longer accept queues”" }).first()).toBeVisible();
});

test("nodes are chosen by box, range and key, and the wizard has them by name", async ({ page }) => {
  await page.goto("/nodes?q=lab-&sort=name");
  const box = (name: string) => page.getByRole("checkbox", { name: `Choose ${name}` });
  await box("lab-1").click();
  await box("lab-3").click({ modifiers: ["Shift"] });
  const bar = page.getByRole("region", { name: "Chosen nodes" });
  await expect(bar).toContainText("3 nodes chosen");
  await page.getByRole("link", { name: "lab-2", exact: true }).focus();
  await page.keyboard.press("x");
  await expect(bar).toContainText("2 nodes chosen");
  await expectAccessible(page);
  await bar.getByRole("button", { name: "Roll out…" }).click();
  await page.getByRole("button", { name: "Where", exact: false }).first().click();
  await expect(page.getByLabel("Nodes by name")).toHaveValue("lab-1\nlab-3");
});

test("a canary whose network broke is halted after one node and goes back by itself", async ({ page }) => {
  const broken = conflist(1).replace('"tuning"', '"not-installed-here"');
  expect(broken).not.toBe(conflist(1));
  await fillWizard(page, "Configuration file", "name=lab-1|lab-2|lab-3", async () => {
    await page.getByLabel("File path").or(page.getByLabel("Path of the file")).fill(paths.conflist);
    await page.getByLabel("Content").fill(broken);
    await expect(page.getByText(/^\d+ lines,/)).toBeVisible();
    await page.getByLabel("Title").fill("CNI plugin that is not there");
  });
  await page.getByRole("button", { name: "Waves", exact: false }).first().click();
  await page.getByText("More of the policy").click();
  // The way back must not be tried first: this canary is to be seen broken.
  await page.getByLabel("Try the way back first").selectOption("false");
  await page.getByRole("button", { name: "Next: Gates" }).click();
  await page.getByRole("button", { name: "Next: Review" }).click();
  const id = await planAndStart(page, 3);

  await expect(page.getByText("rolled back", { exact: true }).first()).toBeVisible({ timeout: BACK_MS });
  const rows = page.getByRole("row");
  await expect(rows.filter({ hasText: "taken back" })).toHaveCount(1);
  await expect(rows.filter({ hasText: "not yet" })).toHaveCount(2);
  await expect(page.getByText("cni-broken").first()).toBeVisible();
  await expectAccessible(page);

  await page.goto("/rollouts");
  const row = page.getByRole("row").filter({ has: page.locator(`a[href="/rollouts/${id}"]`) });
  await expect(row).toContainText("rolled back");
  // Other findings are none of its business: a busy machine has warnings of its own.
  await expect
    .poll(async () => (await nodeopsJson<Findings>(["findings", "--check", "cni-broken"])).rows.length, {
      timeout: 60_000,
    })
    .toBe(0);
});
