// Commands about the fleet: they talk to the console's API, here or anywhere (NODEOPS_URL, NODEOPS_TOKEN).
import type { Command } from "commander";
import { runs, wholeNumber } from "./define.ts";

const list = (value: string) => value.split(",").filter((part) => part !== "");
const collect = (value: string, before: string[] = []) => [...before, value];
const page = wholeNumber(1, 1_000_000);

const withPaging = (command: Command) =>
  command
    .option("--page <n>", "page of the list", page, 1)
    .option("--page-size <n>", "rows of a page", wholeNumber(1, 200), 100);

export function fleetCommands(program: Command): void {
  nodes(program);
  findings(program);
  repairs(program);
  others(program);
}

function nodes(program: Command): void {
  runs(
    withPaging(
      program
        .command("nodes [node]")
        .description("the fleet, worst first; with a name or id: everything about that node"),
    )
      .option("--search <text>", "in name, address, kernel, runtime, labels")
      .option("--state <states>", "comma-separated: healthy,degraded,unhealthy,not_reporting,unknown,maintenance", list)
      .option("--pool <pools>", "comma-separated pools", list)
      .option("--zone <zones>", "comma-separated zones", list)
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops nodes --state unhealthy,degraded\n  ./nodeops nodes lab-3\n  ./nodeops nodes --json | jq '.rows[].name'",
      ),
    () => import("./commands/nodes.ts").then((m) => m.run),
  );
  const node = program.command("node").description("act on one node");
  runs(
    node.command("rm <node>").description("remove a node and revoke its certificate").option("--yes", "do not ask"),
    () => import("./commands/node.ts").then((m) => m.remove),
  );
  runs(
    node
      .command("maintenance <node> <on|off>")
      .description("say that somebody works on a node, or that it is over; findings go on being recorded")
      .option("--reason <text>", "why", ""),
    () => import("./commands/node.ts").then((m) => m.maintenance),
  );
  runs(node.command("refresh <node>").description("ask its agent for all facts now"), () =>
    import("./commands/node.ts").then((m) => m.refresh),
  );
  runs(node.command("facts <node> [kind]").description("what its agent last reported"), () =>
    import("./commands/node.ts").then((m) => m.facts),
  );
  runs(
    node
      .command("timeline <node>")
      .description("what happened on it, newest first")
      .option("--limit <n>", "events", wholeNumber(1, 200), 50),
    () => import("./commands/node.ts").then((m) => m.timeline),
  );
  runs(
    program
      .command("join-token")
      .description("make a token that lets nodes join; prints the one line to run there")
      .option("--pool <pool>", "pool of the nodes", "default")
      .option("--label <key=value>", "label of the nodes (repeatable; zone and rack are labels)", collect)
      .option("--uses <n>", "how many nodes may join with it", wholeNumber(1, 1_000), 1)
      .option("--expires <minutes>", "minutes until it expires", wholeNumber(1, 10_080), 60)
      .option("--note <text>", "what it is for", "")
      .addHelpText("after", "\nExamples:\n  ./nodeops join-token --pool web --label zone=eu-1 --uses 20"),
    () => import("./commands/join-tokens.ts").then((m) => m.create),
  );
  const tokens = program.command("join-tokens").description("join tokens that were made");
  runs(tokens.command("ls", { isDefault: true }).description("list them"), () =>
    import("./commands/join-tokens.ts").then((m) => m.list),
  );
  runs(tokens.command("revoke <id>").description("no node joins with it any more"), () =>
    import("./commands/join-tokens.ts").then((m) => m.revoke),
  );
}

function findings(program: Command): void {
  runs(
    withPaging(
      program
        .command("findings [finding]")
        .description("what is wrong, worst first; with an id (or its beginning): evidence and repairs"),
    )
      .option("--state <state>", "visible, closed or all", "visible")
      .option("--severity <severities>", "comma-separated: critical,warning,info", list)
      .option("--check <ids>", "comma-separated checks", list)
      .option("--node <node>", "of one node")
      .option("--search <text>", "in node, subject, message")
      .addHelpText("after", "\nExamples:\n  ./nodeops findings --severity critical\n  ./nodeops findings 0198c2aa"),
    () => import("./commands/findings.ts").then((m) => m.run),
  );
  runs(program.command("ack <finding>").description("mark a finding as seen"), () =>
    import("./commands/findings.ts").then((m) => m.acknowledge),
  );
  runs(program.command("checks").description("the catalogue of checks and how each stands on the fleet"), () =>
    import("./commands/checks.ts").then((m) => m.run),
  );
}

function repairs(program: Command): void {
  runs(
    withPaging(
      program
        .command("repairs [repair]")
        .description("repairs, newest first; with an id (or its beginning): its commands and verification"),
    )
      .option("--state <state>", "active, over or all", "all")
      .option("--node <node>", "of one node")
      .option("--search <text>", "in title, node, subject"),
    () => import("./commands/repairs.ts").then((m) => m.run),
  );
  runs(
    program
      .command("repair <finding>")
      .description("repair a finding: shows the plan, asks, starts it, waits until it is verified")
      .option("--repair <id>", "which of the offered repairs (default: the first)")
      .option("--dry-run", "show guards and plan, start nothing")
      .option("-y, --yes", "do not ask")
      .option("--no-wait", "return once it is started")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops repair 0198c2aa --dry-run\n  ./nodeops repair 0198c2aa --yes --json",
      ),
    () => import("./commands/repair.ts").then((m) => m.run),
  );
  runs(
    program
      .command("undo <repair>")
      .description("undo a repair that can be undone")
      .option("-y, --yes", "do not ask")
      .option("--no-wait", "return once it is started"),
    () => import("./commands/repair.ts").then((m) => m.undo),
  );
  runs(program.command("cancel <repair>").description("cancel a repair that has not begun to act"), () =>
    import("./commands/repair.ts").then((m) => m.cancel),
  );
}

function others(program: Command): void {
  runs(
    withPaging(
      program.command("containers [search]").description("containers of the fleet, by id prefix, name, pod or image"),
    )
      .option("--state <states>", "comma-separated: created,running,paused,exited,unknown", list)
      .option("--node <node>", "of one node")
      .addHelpText("after", "\nExamples:\n  ./nodeops containers web --state running"),
    () => import("./commands/containers.ts").then((m) => m.run),
  );
  runs(program.command("overview").description("the fleet in ten lines"), () =>
    import("./commands/overview.ts").then((m) => m.run),
  );
  runs(
    withPaging(program.command("audit").description("who changed what, newest first")).option(
      "--search <text>",
      "in action, actor, entity",
    ),
    () => import("./commands/audit.ts").then((m) => m.run),
  );
  runs(program.command("whoami").description("whom the token belongs to"), () =>
    import("./commands/tokens.ts").then((m) => m.whoami),
  );
  const tokens = program.command("tokens").description("API tokens");
  runs(tokens.command("ls", { isDefault: true }).description("list them"), () =>
    import("./commands/tokens.ts").then((m) => m.list),
  );
  runs(
    tokens
      .command("create <name>")
      .description("make a token; it is shown once")
      .option("--role <role>", "viewer, operator or admin", "viewer")
      .option("--expires <days>", "days until it expires", wholeNumber(1, 365), 90),
    () => import("./commands/tokens.ts").then((m) => m.create),
  );
  runs(tokens.command("revoke <id>").description("the token works no more"), () =>
    import("./commands/tokens.ts").then((m) => m.revoke),
  );
}
