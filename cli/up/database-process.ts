// A short process of its own for work on the database (it loads queue and ORM; the long-lived supervisor stays small).
// argv: data folder, then "migrate", "first-admin", "reset-password EMAIL" or "break-glass EMAIL REASON MINUTES"; answers one line of JSON.
import { migrate } from "../../server/core/migrate.ts";
import { ensureSecret } from "../../server/core/secrets.ts";
import { dataPaths } from "../paths.ts";
import { ownMigrations } from "./folder.ts";

process.umask(0o022); // secrets have modes of their own; what is public must be readable whatever the caller's mask

const [dataDir = "", verb, email = "", reason = "", minutes = ""] = process.argv.slice(2);
const url = process.env.DATABASE_URL ?? "";

const migrateAll = async () => ({ applied: await migrate(url, ownMigrations()) });

async function workOnAccounts(): Promise<unknown> {
  // Loaded only here: on a fresh checkout migrations run before the database client has been generated.
  const { openDatabase } = await import("../../server/core/db.ts");
  const { ensureCliToken, ensureFirstAdmin, resetPassword } = await import("../../server/accounts/first-admin.ts");
  const { ensureApprovalKey } = await import("./approval-key.ts");
  const { ensureTrust } = await import("../../server/trust/ensure.ts");
  const database = openDatabase(url, { name: "cli", poolMax: 2 });
  const { prisma } = database;
  try {
    if (verb === "break-glass") {
      const { openBreakGlass } = await import("../../server/accounts/break-glass.ts");
      const person = email === "" ? {} : { email };
      return await openBreakGlass(prisma, { ...person, reason, minutes: Number(minutes), now: new Date() });
    }
    const secret = ensureSecret(dataDir, "web", "auth-secret");
    if (verb === "reset-password") return { email, password: await resetPassword(prisma, secret, email) };
    const made = await ensureFirstAdmin(prisma, secret);
    await ensureCliToken(prisma, dataDir, new Date()); // belongs to that administrator
    const admin = await prisma.user.findFirst({
      where: { role: "admin" },
      orderBy: { createdAt: "asc" },
      select: { id: true, name: true, email: true },
    });
    await ensureTrust(dataDir, new Date());
    ensureApprovalKey(dataPaths(dataDir), admin);
    return { email: admin?.email ?? "(no administrator)", password: made?.password ?? null };
  } finally {
    await database.close();
  }
}

try {
  console.log(JSON.stringify(verb === "migrate" ? await migrateAll() : await workOnAccounts()));
} catch (err) {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = 1;
}
