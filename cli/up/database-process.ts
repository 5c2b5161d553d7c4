// A short process of its own for work on the database (it loads queue and ORM; the long-lived supervisor stays small).
// argv: data folder, then "migrate", "first-admin" or "reset-password EMAIL"; answers one line of JSON.
import { migrate } from "../../server/core/migrate.ts";
import { ensureSecret } from "../../server/core/secrets.ts";
import { ownMigrations } from "./folder.ts";

const [dataDir = "", verb, email = ""] = process.argv.slice(2);
const url = process.env.DATABASE_URL ?? "";

const migrateAll = async () => ({ applied: await migrate(url, ownMigrations()) });

async function workOnAccounts(): Promise<unknown> {
  // Loaded only here: on a fresh checkout migrations run before the database client has been generated.
  const { openDatabase } = await import("../../server/core/db.ts");
  const { ensureCliToken, ensureFirstAdmin, resetPassword } = await import("../../server/accounts/first-admin.ts");
  const database = openDatabase(url, { name: "cli", poolMax: 2 });
  const { prisma } = database;
  try {
    const secret = ensureSecret(dataDir, "auth-secret");
    if (verb === "reset-password") return { email, password: await resetPassword(prisma, secret, email) };
    await ensureCliToken(prisma, dataDir, new Date());
    const made = await ensureFirstAdmin(prisma, secret);
    if (made) return made;
    const known = await prisma.user.findFirst({
      where: { role: "admin" },
      orderBy: { createdAt: "asc" },
      select: { email: true },
    });
    return { email: known?.email ?? "(no administrator)", password: null };
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
