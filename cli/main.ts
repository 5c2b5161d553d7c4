// The command line of NodeOps Center: which commands exist. What each does lies in commands/ and loads only when it is called.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { EXIT, errorCode, UserError } from "./errors.ts";
import { fleetCommands } from "./fleet-commands.ts";
import { localCommands } from "./local-commands.ts";
import { ROOT } from "./paths.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

const program = new Command("nodeops")
  .description("NodeOps Center: keeps a fleet of container nodes healthy.")
  .version(version)
  .option("--data <dir>", "data folder (default: $NODEOPS_DATA, else .nodeops in the checkout)")
  .option("--json", "machine-readable output")
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
  .exitOverride()
  .addHelpText(
    "after",
    `
Examples:
  ./nodeops up --detach                start everything here; prints the address and a one-time password
  ./nodeops lab up --nodes 6           six real container nodes on this machine
  ./nodeops findings                   what is wrong in the fleet, worst first
  ./nodeops repair FINDING --dry-run   show the plan of the suggested repair
  ./nodeops down                       stop everything "up" started, and nothing else

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running or not reachable.`,
  );
localCommands(program);
fleetCommands(program);

// A reader that leaves early (head, less) ends a command, but not what keeps processes running.
process.stdout.on("error", (err) => {
  if (errorCode(err) !== "EPIPE") throw err;
  if (process.argv[2] !== "up") process.exit(EXIT.ok);
});

try {
  await program.parseAsync();
} catch (err) {
  process.exitCode = report(err);
}

function report(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has printed it
  const isJson = process.argv.includes("--json");
  if (!(err instanceof UserError)) {
    console.error(isJson ? JSON.stringify({ error: { message: String(err) } }) : err);
    return EXIT.failed;
  }
  if (isJson) console.error(JSON.stringify({ error: { message: err.message, hint: err.hint } }));
  else console.error(`nodeops: ${err.message}${err.hint ? `\n\n  what to do: ${err.hint}` : ""}`);
  return err.exitCode;
}
