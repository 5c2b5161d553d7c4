// `keys`: the fleet's signing key and CA. Looked at through the console, changed here by whoever owns the data folder.
import { statSync } from "node:fs";
import type { TrustPart } from "../../server/trust/rotate.ts";
import type { TrustStatus } from "../../server/trust/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";

function partOf(text: string | undefined): TrustPart {
  if (text === "signing" || text === "ca") return text;
  throw new UserError(`there is no ${text ?? ""} key`, "choose signing or ca", EXIT.usage);
}

/** Keys are files of several accounts: only their owner, or root, can change them. */
function ownFolder(options: { data?: string }): string {
  const paths = dataPaths(dataDir(options.data));
  const stat = statSync(paths.secrets, { throwIfNoEntry: false });
  if (!stat) throw new UserError(`${paths.dir} holds no keys`, "./nodeops up makes them", EXIT.unreachable);
  const uid = process.getuid?.();
  if (uid !== 0 && uid !== stat.uid)
    throw new UserError(
      "keys are changed by the owner of the data folder",
      "run it as the account that runs ./nodeops up",
    );
  return paths.dir;
}

export const list: Run<object> = async (_args, options) => {
  const status = await answer(connect(options).trust.status.query());
  const ages = await localAges(options);
  if (options.json)
    return printJson({
      ...status,
      signingKeys: status.signingKeys.map((k) => ({ ...k, madeAt: ages.get(k.id) ?? null })),
    });
  printTable(
    [
      ...status.signingKeys.map((key) => ({
        kind: "signing",
        id: key.id,
        since: ages.get(key.id) ?? null,
        until: null,
        use: key.isSigner ? "signs commands" : "on its way out",
      })),
      ...status.authorities.map((ca) => ({
        kind: "ca",
        id: ca.fingerprint.slice(0, 16),
        since: ca.validFrom,
        until: ca.validTo,
        use: [ca.isIssuing && "names nodes", ca.isServing && "names the gateway"].filter(Boolean).join(", "),
      })),
    ],
    [
      { title: "PART", text: (k) => k.kind },
      { title: "ID", text: (k) => k.id },
      { title: "AGE", text: (k) => age(k.since) },
      { title: "EXPIRES", text: (k) => k.until?.toISOString().slice(0, 10) ?? null },
      { title: "USE", text: (k) => k.use },
    ],
    "no keys",
  );
  const { nodes, serial } = status;
  printLine(
    `\ntrust document ${serial}, ${age(status.issuedAt)} old: ${nodes.withDocument} of ${nodes.total} nodes hold it, ${nodes.withCertificate} have a certificate of the newest CA`,
  );
  if (nodes.behind.length > 0) printLine(`behind: ${nodes.behind.join(", ")}`);
  for (const part of ["signing", "ca"] as const)
    if (status.isRotating[part])
      printLine(`the ${part} key is being rotated; ./nodeops keys finish ${part} drops the older one`);
};

/** The files tell when a key was made; not readable for others than their owner. */
async function localAges(options: { data?: string }): Promise<Map<string, Date>> {
  try {
    const { signingKeyAges } = await import("../../server/trust/rotate.ts");
    const ages = signingKeyAges(dataDir(options.data));
    return new Map(ages.flatMap(({ keyId, madeAt }) => (madeAt ? [[keyId, madeAt] as const] : [])));
  } catch {
    return new Map(); // another machine's console, or another account
  }
}

export const rotate: Run<object> = async ([name], options) => {
  const part = partOf(name);
  const folder = ownFolder(options);
  const { introduce } = await import("../../server/trust/rotate.ts");
  const { content } = await asUser(introduce(folder, part, new Date()));
  if (options.json) return printJson({ part, serial: content.serial });
  printLine(
    `the new ${part === "ca" ? "CA" : "signing key"} is introduced with trust document ${content.serial}; connected agents take it over now, others when they come back`,
  );
  printLine(`./nodeops keys shows how many have; then: ./nodeops keys finish ${part}`);
};

/** Why the older one may not be dropped yet. */
function lagging(part: TrustPart, { nodes }: TrustStatus): number {
  return nodes.total - (part === "ca" ? nodes.withCertificate : nodes.withDocument);
}

export const finish: Run<{ force?: boolean }> = async ([name], options) => {
  const part = partOf(name);
  const folder = ownFolder(options);
  if (!options.force) {
    const status = await answer(connect(options).trust.status.query());
    const behind = lagging(part, status);
    if (behind > 0)
      throw new UserError(
        `${behind} of ${status.nodes.total} nodes have not followed yet: ${status.nodes.behind.join(", ")}`,
        "wait for them, remove them, or use --force: then they must join again",
      );
  }
  const { finish: drop } = await import("../../server/trust/rotate.ts");
  const { content } = await asUser((async () => drop(folder, part, new Date()))());
  if (options.json) return printJson({ part, serial: content.serial });
  printLine(`the older ${part === "ca" ? "CA" : "signing key"} counts no more (trust document ${content.serial})`);
  if (part === "ca") printLine("join tokens that were made before name the older CA: make new ones");
};

async function asUser<T>(work: Promise<T>): Promise<T> {
  return work.catch((err) => {
    throw new UserError(errorMessage(err), undefined, EXIT.failed, err);
  });
}
