// Starts the whole product with three real lab nodes before the browser journeys, signs in once, and ends everything after them.
// With NODEOPS_E2E_DATA set to the folder of a running console with lab nodes, that one is used and left running.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "@playwright/test";
import { startStack } from "../testing/stack.ts";
import { nodeops, nodeopsJson } from "./nodeops.ts";

type Account = { email: string; password: string };

/** Hands address, credentials and a signed-in session to the tests by environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const given = process.env.NODEOPS_E2E_DATA;
  const stack = given ? null : await startStack({ allowShells: true });
  const dataDir = stack?.dataDir ?? given ?? "";
  process.env.NODEOPS_E2E_DATA = dataDir;
  const folder = await mkdtemp(join(tmpdir(), "nodeops-e2e-"));
  const end = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await stack?.down();
  };
  try {
    const { webUrl } = await nodeopsJson<{ webUrl: string }>(["status"]);
    const account = await nodeopsJson<Account>(["reset-password"]);
    if (stack) await nodeops(["lab", "up", "--nodes", "3"]);
    process.env.NODEOPS_E2E_URL = webUrl;
    process.env.NODEOPS_E2E_EMAIL = account.email;
    process.env.NODEOPS_E2E_PASSWORD = account.password;
    process.env.NODEOPS_E2E_SESSION = join(folder, "session.json");
    await signIn(webUrl, account, process.env.NODEOPS_E2E_SESSION);
  } catch (err) {
    await end();
    throw err;
  }
  return end;
}

async function signIn(baseURL: string, account: Account, path: string): Promise<void> {
  const api = await request.newContext({ baseURL, extraHTTPHeaders: { origin: baseURL } });
  const answer = await api.post("/api/auth/sign-in/email", { data: account });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
  await api.storageState({ path });
  await api.dispose();
}
