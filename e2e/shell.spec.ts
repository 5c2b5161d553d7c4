// A time-boxed shell: asked for from a debug report, approved by somebody else, typed into, ended by itself, and replayed.
import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { expectAccessible, signUp, test } from "./console.ts";
import { nodeops, nodeopsJson } from "./nodeops.ts";

/** The shell lives a minute; its end and what it printed last are there within this, ms. */
const ENDED_MS = 90_000;

test.describe.configure({ timeout: 300_000 });

test("a shell in a container opens, is recorded, ends by itself, and replays", async ({ page, browser }) => {
  const { rows } = await nodeopsJson<{ rows: { id: string; podName: string; nodeName: string; nodeId: string }[] }>([
    "containers",
  ]);
  const target = rows.find(({ podName, nodeName }) => podName === "cart-api" && nodeName === "lab-2");
  const own = await signUp(browser, "operator");
  try {
    await own.goto(`/nodes/${target?.nodeId}?tab=containers`);
    await own.getByRole("row").filter({ hasText: "cart-api" }).getByRole("button", { name: "Debug" }).click();
    await own.getByRole("button", { name: "Shell…" }).click();
    const drawer = own.getByRole("dialog");
    await drawer.getByLabel("For at most").selectOption("1");
    await drawer.getByLabel("Reason").fill("what listens in there?");
    await expectAccessible(own);
    await drawer.getByRole("button", { name: "Ask for it" }).click();
    await expect(own).toHaveURL(/\/shells\/[0-9a-f-]{36}$/);
    await expect(own.getByText("Waits for approval")).toBeVisible();
    await expectAccessible(own);
    const id = own.url().split("/").at(-1) ?? "";

    await page.goto("/approvals");
    await expect(page.locator("[data-run]").filter({ hasText: "what listens in there?" })).toBeVisible();
    await nodeops(["approve", id, "--yes"]);

    const screen = own.getByTestId("terminal").locator(".xterm-rows");
    await expect(screen).toContainText("#", { timeout: 30_000 });
    await own.keyboard.type("echo $((6*7)) in $(cat /proc/1/comm)");
    await own.keyboard.press("Enter");
    await expect(screen).toContainText("42 in");
    await expect(own.getByText(/ends by itself in/)).toBeVisible();
    // A page that is loaded again shows what there is, and answers nothing that programs asked its terminal before.
    await own.reload();
    await expect(screen).toContainText("42 in");
    await own.keyboard.type("echo again");
    await own.keyboard.press("Enter");
    await expect(screen).toContainText(/#\s*echo again\s*again/);
    await expectAccessible(own);
    // Others watch and cannot type.
    await page.goto(`/shells/${id}`);
    await expect(page.getByTestId("terminal").locator(".xterm-rows")).toContainText("42 in");
    await expect(page.getByText("You are watching")).toBeVisible();

    await expect(own.getByText("its time was up")).toBeVisible({ timeout: ENDED_MS });
    await expect(screen).toContainText("42 in");
    await expectAccessible(own);
    await own.getByLabel("Speed").selectOption("8");
    await own.getByRole("button", { name: "Play" }).click();
    await expect(own.getByRole("button", { name: "Pause" })).toBeVisible();
    await expect(own.getByRole("button", { name: "Play" })).toBeVisible({ timeout: 60_000 });
    await expect(screen).toContainText("42 in");
    const [file] = await Promise.all([
      own.waitForEvent("download"),
      own.getByRole("button", { name: ".cast" }).click(),
    ]);
    const cast = await readFile(await file.path(), "utf8");
    expect(JSON.parse(cast.split("\n")[0] ?? "")).toMatchObject({
      version: 2,
      title: expect.stringContaining("lab-2"),
    });
    expect(cast).toContain("42 in");
    await page.goto("/shells");
    await expect(page.getByRole("row").filter({ hasText: "what listens in there?" }).first()).toContainText("Ended");
  } finally {
    await own.context().close();
  }
});
