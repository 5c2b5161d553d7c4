// Approvals and the freeze as people meet them: a passkey of Chromium's virtual authenticator signs a disruptive repair of a real fault.
import { expect, type Page } from "@playwright/test";
import { expectAccessible, test } from "./console.ts";
import { nodeops, nodeopsJson } from "./nodeops.ts";

/** A lab fault must be seen within this, ms. */
const SEEN_MS = 60_000;
/** A repair with its verification takes at most this, ms. */
const REPAIRED_MS = 100_000;

type Key = { id: string; type: string; state: string; label: string };
const keys = () => nodeopsJson<Key[]>(["approval-keys"]);

test.describe.configure({ timeout: 300_000, mode: "serial" });

/** An authenticator that is always there and always sure who uses it. */
async function addAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Steps that change who may do what ask who is there; the answer is the password here. */
async function confirmPresence(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog").filter({ has: page.locator('input[type="password"]') });
  if (!(await dialog.isVisible({ timeout: 3_000 }).catch(() => false))) return;
  await dialog.locator('input[type="password"]').fill(process.env.NODEOPS_E2E_PASSWORD ?? "");
  await dialog.getByRole("button", { name: /Confirm|Continue/ }).click();
}

async function registerPasskey(page: Page, name: string): Promise<void> {
  await page.goto("/account");
  await page.getByRole("button", { name: "Add passkey" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Add passkey" }).click();
  await confirmPresence(page);
  await expect(page.getByRole("row").filter({ hasText: name })).toBeVisible();
}

/** Stops the node's runtime and opens the preview of the repair that kills it: letting it go on would be the milder one, and needs nobody's signature. */
async function openHung(page: Page, node: string): Promise<void> {
  await nodeops(["lab", "fault", node, "runtime-hung"]);
  const found = async () =>
    (await nodeopsJson<{ rows: { id: string; nodeName: string; checkId: string }[] }>(["findings"])).rows.find(
      (one) => one.nodeName === node && one.checkId === "runtime-hung",
    );
  await expect.poll(found, { timeout: SEEN_MS }).toBeDefined();
  await page.goto(`/findings/${(await found())?.id}`);
  await page
    .getByRole("listitem")
    .filter({ hasText: "Dump, kill and restart the runtime" })
    .getByRole("button", { name: "Preview" })
    .click();
}

const label = `e2e ${Date.now().toString(36)}`;

test.afterAll(async () => {
  // Whatever happened, the others find the fleet acting and one person who approves, with one key.
  for (const key of await keys())
    if (key.state === "active" && key.type === "webauthn" && key.label === label)
      await nodeops(["approval-keys", "remove", key.id]);
  const { isFrozen } = await nodeopsJson<{ isFrozen: boolean }>(["freeze"]);
  if (isFrozen) await nodeops(["unfreeze", "--yes"]);
});

test("a disruptive repair is signed by passkey at its start, and runs", async ({ page }) => {
  await addAuthenticator(page);
  await registerPasskey(page, label);
  await page.goto("/approvals?tab=keys");
  await page.getByRole("button", { name: `Ask for approvals: ${label}` }).click();
  const row = page.getByRole("row").filter({ hasText: label });
  await expect(row).toContainText("asked for");
  await expectAccessible(page);
  const asked = (await keys()).find((key) => key.label === label);
  await nodeops(["approval-keys", "accept", asked?.id ?? ""]);
  await expect(row).toContainText("accepted");

  await openHung(page, "lab-1");
  const preview = page.getByRole("dialog");
  await expect(preview.getByText("Needs your signature")).toBeVisible();
  await expectAccessible(page);
  await preview.getByRole("button", { name: "Request on lab-1" }).click();
  await expect(page).toHaveURL(/\/repairs\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Repaired and verified")).toBeVisible({ timeout: REPAIRED_MS });
  await expect(page.getByText("Approved by")).toBeVisible();
});

test("without its passkey nothing begins: it waits, is shown with its plan, and is rejected", async ({ page }) => {
  await addAuthenticator(page); // an empty one: the key is not in it, the browser cannot sign
  await openHung(page, "lab-2");
  await page.getByRole("dialog").getByRole("button", { name: "Request on lab-2" }).click();
  await expect(page).toHaveURL(/\/repairs\/[0-9a-f-]{36}$/, { timeout: 150_000 });
  await expect(page.getByText("This repair waits for approval")).toBeVisible();
  const id = page.url().split("/").at(-1) ?? "";

  await page.goto("/approvals");
  const item = page.locator(`[data-run="${id}"]`);
  await expect(item).toContainText("0 of 1 signature");
  await expect(item.getByRole("button", { name: "Approve with passkey" })).toBeVisible();
  await expectAccessible(page);
  await item.getByRole("button", { name: "Reject" }).click();
  await page.getByRole("dialog").getByLabel("Why").fill("not now");
  await page.getByRole("dialog").getByRole("button", { name: "Reject" }).click();
  await expect(page.getByText("Nothing waits for approval")).toBeVisible();
  await page.goto(`/repairs/${id}`);
  await expect(page.getByText(/Rejected by .*: not now/)).toBeVisible();
});

test("the freeze stops a start, shows itself to everybody, and is lifted by the local key", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Freeze", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Why").fill("a drill");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Freeze now" }).click();
  const banner = page.getByRole("alert").filter({ hasText: "The fleet is frozen" });
  await expect(banner).toContainText("a drill");
  await expect(banner).toContainText("0 of 1 signed");
  await expectAccessible(page);
  const { rows } = await nodeopsJson<{ rows: { id: string }[] }>(["findings", "--node", "lab-2"]);
  const refused = await nodeops(["repair", rows[0]?.id ?? "", "--yes"]).then(
    () => "",
    (err: Error) => err.message,
  );
  expect(refused).toContain("The fleet is frozen (a drill");

  await nodeops(["unfreeze", "--yes"]);
  await expect(banner).toBeHidden();
  await nodeops(["repair", rows[0]?.id ?? "", "--yes"]); // signed with the local key, verified
});
