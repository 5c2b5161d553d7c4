// A throw-away PostgreSQL for one test run or script: own folder, own port, gone afterwards; leftovers of killed runs are swept.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ephemeralPort } from "../cli/ports.ts";
import { chooseAccount } from "../cli/postgres/account.ts";
import { prepareBinaries } from "../cli/postgres/binaries.ts";
import {
  findPostmaster,
  initCluster,
  spawnPostmaster,
  stopPostmaster,
  waitForServer,
} from "../cli/postgres/cluster.ts";
import { adminUrl, ensureAppDatabase, localUrl } from "../cli/postgres/database.ts";
import { identify, isAlive, type ProcessId } from "../cli/proc.ts";

export type ThrowawayCluster = {
  /** Superuser, database "postgres": creates and drops databases. */
  adminUrl: string;
  /** The product's ordinary role on its (empty) database. */
  url: string;
  stop(): Promise<void>;
};

const PREFIX = "nodeops-test-db-";

async function removeCluster(folder: string): Promise<void> {
  const postmaster = findPostmaster(join(folder, "data"));
  if (postmaster) await stopPostmaster(postmaster);
  rmSync(folder, { recursive: true, force: true });
}

async function sweepLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    const ownerFile = join(folder, "owner.json");
    if (!existsSync(ownerFile)) continue; // being made right now
    const owner: ProcessId = JSON.parse(readFileSync(ownerFile, "utf8"));
    if (!isAlive(owner)) await removeCluster(folder);
  }
}

/** Starts a cluster tuned for tests: durable against nothing, so fast. The caller must `stop()` it. */
export async function startThrowawayCluster(): Promise<ThrowawayCluster> {
  await sweepLeftovers();
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(folder, 0o711); // the server's account enters its data folder below
  writeFileSync(join(folder, "owner.json"), JSON.stringify(identify(process.pid)));
  try {
    const dir = join(folder, "data");
    mkdirSync(dir, { mode: 0o700 });
    const account = chooseAccount("/nonexistent");
    const cluster = { native: prepareBinaries(account, join(tmpdir(), "nodeops-test-bin")), dir, account };
    const password = randomBytes(16).toString("hex");
    initCluster(cluster, password);
    const port = await ephemeralPort();
    const log = openSync(join(folder, "postgres.log"), "a");
    const settings = {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "200",
      jit: "off",
    };
    const child = spawnPostmaster(cluster, port, settings, log);
    closeSync(log);
    let ended = false;
    child.once("exit", () => {
      ended = true;
    });
    child.unref();
    const admin = adminUrl(port, password);
    await waitForServer(admin, () => !ended).catch((err: Error) => {
      throw new Error(`${err.message}\n${readFileSync(join(folder, "postgres.log"), "utf8")}`);
    });
    await ensureAppDatabase(admin, password, {
      web: password,
      gateway: password,
      workers: password,
      dispatcher: password,
    });
    return { adminUrl: admin, url: localUrl(port, password), stop: () => removeCluster(folder) };
  } catch (err) {
    await removeCluster(folder);
    throw err;
  }
}
