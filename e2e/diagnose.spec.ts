// "What is wrong?": a text is answered with its evidence marked; an application developer asks about a container, requests the repair, an admin releases
// it, and the developer sees it fixed.
import { expect, type Page } from "@playwright/test";
import en from "../app/_messages/en.json" with { type: "json" };
import { expectAccessible, signUp, test } from "./console.ts";
import { nodeops, nodeopsJson } from "./nodeops.ts";

/** A lab fault must be seen within this, ms. */
const SEEN_MS = 60_000;
/** A repair with its verification takes at most this, ms. */
const REPAIRED_MS = 100_000;
const t = en.diagnose;

test.describe.configure({ timeout: 300_000 });

const box = (page: Page) => page.getByRole("textbox", { name: t.box });

test("a pasted error is answered first, with its evidence marked and its password left out", async ({ page }) => {
  await page.goto("/diagnose");
  await box(page).fill(
    'Failed to pull image "reg.example/shop/web:1.2": rpc error: code = Unknown desc = failed to resolve reference "reg.example/shop/web:1.2": ' +
      'Head "https://ann:hunter22@reg.example/v2/shop/web/manifests/1.2": x509: certificate signed by unknown authority',
  );
  await page.getByRole("button", { name: t.ask, exact: true }).click();
  await expect(page).toHaveURL(/\/diagnose\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("certificate");
  await expect(page.getByRole("heading", { name: t.youCanDo }).first()).toBeVisible();
  await expect(page.locator("mark").filter({ hasText: "certificate signed by unknown authority" })).toBeVisible();
  await expect(page.getByText("hunter22")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("button", { name: t.feedbacks.solved, exact: true }).click();
  await expect(page.getByText(t.thanks)).toBeVisible();
});

test("what nobody knows is said so, and becomes a draft", async ({ page }) => {
  const odd = `the gizmo of ours wobbles at dusk and nobody knows why it does ${Date.now().toString(36)}`;
  await page.goto("/diagnose");
  await box(page).fill(odd);
  await box(page).press("Control+Enter");
  await expect(page).toHaveURL(/\/diagnose\/[0-9a-f-]{36}$/);
  await expect(page.getByText(t.unknownReview)).toBeVisible();
  await page.goto("/diagnose?tab=review");
  await page
    .getByRole("button", { name: /the gizmo of ours wobbles/ })
    .first()
    .click();
  await page.getByRole("button", { name: t.makeDraft }).click();
  await expect(page).toHaveURL(/\/knowledge\/cause\/[a-z0-9-]+\/edit$/);
  await expect(page.getByLabel(en.knowledge.text.en)).toHaveValue(/cause: /);
});

test("“is it me?”: our node, a request, a release, and the developer sees it fixed", async ({ page, browser }) => {
  const node = "lab-3";
  const { rows } = await nodeopsJson<{ rows: { id: string; podName: string; nodeName: string }[] }>(["containers"]);
  const container = rows.find(({ podName, nodeName }) => podName === "cart-api" && nodeName === node);
  const own = await signUp(browser, "user");
  try {
    await nodeops(["lab", "fault", node, "runtime-down"]);
    const isFound = async () =>
      (await nodeopsJson<{ rows: { nodeName: string; checkId: string; state: string }[] }>(["findings"])).rows.some(
        (one) => one.nodeName === node && one.checkId === "runtime-down" && /^(open|flapping)$/.test(one.state),
      );
    await expect.poll(isFound, { timeout: SEEN_MS }).toBe(true);

    await own.goto("/diagnose");
    await box(own).fill(container?.id ?? "");
    await own.getByRole("button", { name: t.ask, exact: true }).click();
    await expect(own.getByText("It is our node: container runtime down.")).toBeVisible();
    await expectAccessible(own);
    await own.getByRole("button", { name: t.request, exact: true }).click();
    await own.getByRole("dialog").getByRole("button", { name: t.request, exact: true }).click();
    const progress = own.getByRole("status").filter({ hasText: t.stages.awaiting });
    await expect(progress).toBeVisible();
    await expectAccessible(own);

    await page.goto("/approvals");
    const waiting = page.locator("[data-run]").filter({ hasText: node });
    await waiting.getByRole("button", { name: en.approvals.releaseIt, exact: true }).click();
    await expect(own.getByRole("status").filter({ hasText: t.stages.fixed })).toBeVisible({ timeout: REPAIRED_MS });
    await expectAccessible(own);
  } finally {
    await nodeops(["lab", "heal", node, "runtime-down"]);
    await own.context().close();
  }
});
