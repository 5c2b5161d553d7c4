// Commands about changes in waves, the safety budget and nodes in somebody's hands.
import type { Command } from "commander";
import { runs, wholeNumber } from "./define.ts";

const collect = (value: string, before: string[] = []) => [...before, value];
const CODES = "\nExit codes: 0 succeeded, 1 error, 2 wrong usage, 3 halted or rolled back, 4 waits for a person.";

export function rolloutCommands(program: Command): void {
  const rollouts = program.command("rollouts").description("changes that reach nodes in waves, one canary first");
  lists(rollouts);
  plan(rollouts);
  steering(rollouts);
  budget(program);
}

function lists(rollouts: Command): void {
  runs(
    rollouts
      .command("list", { isDefault: true })
      .description("rollouts, what goes on first")
      .option("--state <state>", "active, over or all", "all")
      .option("--single", "repairs of single nodes too")
      .option("--search <text>", "in title and change")
      .option("--page <n>", "page of the list", wholeNumber(1, 1_000_000), 1),
    () => import("./commands/rollouts.ts").then((m) => m.list),
  );
  runs(
    rollouts
      .command("show <rollout>")
      .description("waves, verdicts, why it stands where it stands")
      .option("--nodes", "its nodes too"),
    () => import("./commands/rollouts.ts").then((m) => m.show),
  );
  runs(
    rollouts
      .command("watch <rollout>")
      .description("follow it until it is over or needs a person")
      .addHelpText("after", CODES),
    () => import("./commands/rollouts-watch.ts").then((m) => m.watch),
  );
}

function plan(rollouts: Command): void {
  runs(
    rollouts
      .command("plan")
      .description("fix what, where and in which waves; nothing is sent before start")
      .option("--from <file>", "the whole plan as JSON; other options are put over it")
      .option("--kind <kind>", "kind of change, with --params")
      .option("--params <json>", "its parameters")
      .option("--sysctl <key=value>", "change: a kernel setting")
      .option("--file <path>", "change: a configuration file on the nodes, with --content")
      .option("--content <local>", "local file with what it is to hold")
      .option("--mode <mode>", "its permissions: 600, 640 or 644")
      .option("--restart <module>", "module to restart afterwards")
      .option("--repair <id>", "change: a repair, with --check")
      .option("--check <id>", "check whose finding it mends; also selects the nodes")
      .option("--prewarm <image>", "change: fetch an image (repeatable)", collect)
      .option(
        "--package <name=version>",
        "change: one package at exactly this version, with --restart where a module is it",
      )
      .option("--hook <name>", "change: a container hook, with --content (its descriptor)")
      .option("--custom-check <id=version>", "change: a version of your own check")
      .option("--check-mode <id=mode>", "change: observe, suggest, approve or auto for a check")
      .option("--label <key=value>", "change: a label of the nodes (key= takes it away)")
      .option("--where <selector>", "nodes: '*', pool=web zone!=b …")
      .option("--node <name>", "nodes by name (repeatable)", collect)
      .option("--exclude <name>", "leave out (repeatable)", collect)
      .option("--percentage <n>", "a sticky random share of them, %", Number)
      .option("--limit <n>", "at most so many", wholeNumber(1, 1_000_000))
      .option("--first <n>", "nodes of the first wave", wholeNumber(1, 100_000))
      .option("--growth <n>", "a wave is at most so many times the one before, up to 3", Number)
      .option("--soak <time>", "how long each wave is watched: 90s, 10m, 2h")
      .option("--fast", "fast lane: shorter soak, two people; needs --reason")
      .option("--reason <text>", "why")
      .option("--title <text>", "its name in lists")
      .option("--dry-run", "show what it would be; plan nothing")
      .option("--start", "start it at once where nobody has to approve it")
      .option("--yes", "do not ask")
      .addHelpText(
        "after",
        `\nExamples:\n  ./nodeops rollouts plan --sysctl vm.max_map_count=262144 --where pool=web --soak 10m --dry-run\n  ./nodeops rollouts plan --repair start-runtime --check runtime-down\n  ./nodeops rollouts plan --from plan.json --json`,
      ),
    () => import("./commands/rollouts-plan.ts").then((m) => m.plan),
  );
  runs(
    rollouts
      .command("start <rollout>")
      .description("start what was planned and approved")
      .option("--yes", "do not ask")
      .option("--watch", "and follow it")
      .addHelpText("after", CODES),
    () => import("./commands/rollouts-act.ts").then((m) => m.start),
  );
  runs(
    rollouts
      .command("approve <rollout>")
      .description("sign a planned rollout with this machine's approval key")
      .option("--yes", "do not ask"),
    () => import("./commands/rollouts-approve.ts").then((m) => m.approve),
  );
}

function steering(rollouts: Command): void {
  const acts = [
    ["pause", "send nothing new"],
    ["resume", "go on from where it stands"],
    ["promote", "end the soak of the present wave early"],
    ["abort", "end it for good; changed nodes stay changed"],
    ["rollback", "changed nodes go back to what they were"],
    ["retry", "try the failed nodes again, each from where it stands"],
  ] as const;
  for (const [name, description] of acts) {
    runs(rollouts.command(`${name} <rollout>`).description(description).requiredOption("--reason <text>", "why"), () =>
      import("./commands/rollouts-act.ts").then((m) => m.acts[name]),
    );
  }
  runs(
    rollouts
      .command("gate <rollout> <open|shut>")
      .description("decide the gate that it waits at")
      .requiredOption("--reason <text>", "why"),
    () => import("./commands/rollouts-act.ts").then((m) => m.gate),
  );
}

function budget(program: Command): void {
  runs(
    program
      .command("budget [pool]")
      .description("what may be away at once in each pool, and the sum that decides")
      .option("--set <most>", "with a pool: nodes (3) or a share (10%) that may be away at once")
      .option("--unhealthy <percent>", "nothing starts by itself while more is sick", Number)
      .option("--domains <n>", "zones or racks concerned at once", wholeNumber(1, 1_000))
      .option("--available <n>", "nodes that must stay available", wholeNumber(0, 1_000_000))
      .option("--reason <text>", "why"),
    () => import("./commands/budget.ts").then((m) => m.run),
  );
  runs(
    program
      .command("cordon <node>")
      .description("take a node out of use for a while; it ends by itself")
      .requiredOption("--for <time>", "how long: 30m, 2h, 3d")
      .requiredOption("--reason <text>", "why")
      .option("--no-wait", "do not wait in line when it cannot be had now"),
    () => import("./commands/cordon.ts").then((m) => m.cordon),
  );
  runs(program.command("uncordon <node>").description("end the cordon of a node, or leave the line for it"), () =>
    import("./commands/cordon.ts").then((m) => m.uncordon),
  );
  runs(program.command("leases").description("nodes in somebody's hands, and who waits for one"), () =>
    import("./commands/cordon.ts").then((m) => m.list),
  );
}
