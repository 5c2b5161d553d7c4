// Commands about the fleet: they talk to the console's API, here or anywhere (NODEOPS_URL, NODEOPS_TOKEN).
import type { Command } from "commander";
import { runs, time, wholeNumber } from "./define.ts";
import { judgementCommands } from "./judgement-commands.ts";
import { knowledgeCommands } from "./knowledge-commands.ts";
import { rolloutCommands } from "./rollout-commands.ts";

const list = (value: string) => value.split(",").filter((part) => part !== "");
const collect = (value: string, before: string[] = []) => [...before, value];
const page = wholeNumber(1, 1_000_000);

const withPaging = (command: Command) =>
  command
    .option("--page <n>", "page of the list", page, 1)
    .option("--page-size <n>", "rows of a page", wholeNumber(1, 200), 100);

const withFilters = (command: Command) =>
  command
    .option("--search <text>", "in action, actor, address, entity")
    .option("--action <names>", "comma-separated actions, e.g. repairs.start", list)
    .option("--outcome <outcomes>", "comma-separated: done,refused,denied,failed", list)
    .option("--since <time>", "from this time on, e.g. 2026-01-31T08:00Z", time)
    .option("--until <time>", "before this time", time);

export function fleetCommands(program: Command): void {
  nodes(program);
  findings(program);
  inspections(program);
  ownChecks(program);
  repairs(program);
  judgementCommands(program);
  knowledgeCommands(program);
  rolloutCommands(program);
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
      .command("release <node>")
      .description("end a quarantine: both machines' certificates are dead, the right one joins again with a new token")
      .option("--yes", "do not ask"),
    () => import("./commands/node.ts").then((m) => m.release),
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
      .option("--from <network>", "only from this network, e.g. 10.20.0.0/16 (repeatable; default: anywhere)", collect)
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

function shells(program: Command): void {
  runs(
    program
      .command("shell")
      .description(
        "ask for a recorded, time-boxed shell on a node or in a container, and be its terminal once approved",
      )
      .option("--node <node>", "name or id of the node")
      .option("--container <id>", "id of a container there, or its beginning")
      .option("--minutes <n>", "how long at most", wholeNumber(1, 60), 15)
      .option("--reason <text>", "why; approvers read it, and it stays in the audit trail")
      .option("--no-wait", "return once it is asked for")
      .addHelpText(
        "after",
        '\nExamples:\n  ./nodeops shell --node lab-1 --container 3f2a9c --reason "look at its sockets"',
      ),
    () => import("./commands/shell.ts").then((m) => m.run),
  );
  const all = program.command("shells").description("shells that were asked for, and their recordings");
  runs(
    withPaging(all.command("ls", { isDefault: true }).description("list them"))
      .option("--node <node>", "of one node")
      .option("--live", "that wait or are open"),
    () => import("./commands/shells.ts").then((m) => m.list),
  );
  runs(all.command("show <shell>").description("one of them"), () =>
    import("./commands/shells.ts").then((m) => m.show),
  );
  runs(all.command("cast <shell>").description("its recording as an asciicast, on standard output"), () =>
    import("./commands/shells.ts").then((m) => m.cast),
  );
  runs(all.command("stop <shell>").description("withdraw it, or end it with everything begun in it"), () =>
    import("./commands/shells.ts").then((m) => m.stop),
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
      .option("--muted <which>", "what a mute covers: hide, only or all", "hide")
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

function inspections(program: Command): void {
  const patrol = program.command("patrol").description("plans to look at a part of the fleet again and again");
  runs(
    program
      .command("debug")
      .description("look into a container, or a node, through its agent: what is abnormal comes first; reads only")
      .option("--node <node>", "name or id of the node")
      .option("--container <id>", "id of a container there, or its beginning")
      .option("--runtime <id>", "which runtime's, where several know the id")
      .addHelpText(
        "after",
        "\nExit codes: 0 nothing abnormal, 1 no report, 2 bad usage, 3 no console answers, 4 something is abnormal.\n\nExamples:\n  ./nodeops debug --node lab-1\n  ./nodeops debug --node lab-1 --container 3f2a9c --json",
      ),
    () => import("./commands/debug.ts").then((m) => m.run),
  );
  shells(program);
  runs(
    program
      .command("inspect <selector>")
      .description("look at these nodes now: asks their agents for fresh facts, shows progress and a report")
      .option("--check <ids>", "comma-separated checks (default: all)", list)
      .option("--pre-change", "may a change begin here? exit code 0 only when it passes")
      .option(
        "--unknown-max <percent>",
        "before a change: so many nodes may be unknown (default 5)",
        wholeNumber(0, 100),
      )
      .option("--no-wait", "return once it is started")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops inspect pool=edge\n  ./nodeops inspect 'zone=b name=web-*' --pre-change",
      ),
    () => import("./commands/inspect.ts").then((m) => m.run),
  );
  runs(patrol.command("ls", { isDefault: true }).description("list them"), () =>
    import("./commands/patrol.ts").then((m) => m.list),
  );
  runs(
    patrol
      .command("add <name>")
      .description("make a patrol")
      .requiredOption("--select <selector>", "nodes, e.g. pool=edge; * is the whole fleet")
      .option("--check <ids>", "comma-separated checks (default: all)", list)
      .option("--every <minutes>", "at this interval", wholeNumber(1, 44_640))
      .option("--cron <expression>", "five fields, e.g. '0 3 * * *'")
      .option("--time-zone <name>", "of --cron", Intl.DateTimeFormat().resolvedOptions().timeZone)
      .option("--on-change <kinds>", "comma-separated facts, or node-state", list)
      .option("--spread <minutes>", "spread the nodes over so long", wholeNumber(0, 360))
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops patrol add nightly --select '*' --cron '0 3 * * *' --time-zone Asia/Shanghai --spread 30\n  ./nodeops patrol add kernels --select pool=edge --on-change identity",
      ),
    () => import("./commands/patrol.ts").then((m) => m.add),
  );
  runs(patrol.command("rm <patrol>").description("remove a patrol; its reports stay"), () =>
    import("./commands/patrol.ts").then((m) => m.remove),
  );
  runs(patrol.command("now <patrol>").description("run it now").option("--no-wait", "return once it is started"), () =>
    import("./commands/patrol.ts").then((m) => m.now),
  );
  runs(patrol.command("runs [patrol]").description("what ran, newest first"), () =>
    import("./commands/patrol.ts").then((m) => m.runs),
  );
  runs(patrol.command("run <run>").description("the report of a run"), () =>
    import("./commands/patrol.ts").then((m) => m.show),
  );
  runs(patrol.command("cancel <run>").description("stop a run"), () =>
    import("./commands/patrol.ts").then((m) => m.cancel),
  );
}

function ownChecks(program: Command): void {
  const check = program
    .command("check")
    .description("checks of your own (CEL over facts), and back-tests of any check");
  runs(check.command("ls", { isDefault: true }).description("list your own"), () =>
    import("./commands/check.ts").then((m) => m.list),
  );
  runs(check.command("show <check>").description("one of your own, with its versions"), () =>
    import("./commands/check.ts").then((m) => m.show),
  );
  runs(check.command("try <file>").description("compile a definition and run its fixtures; stores nothing"), () =>
    import("./commands/check.ts").then((m) => m.tryFile),
  );
  runs(
    check
      .command("back-test [check]")
      .description("what a check would find in the last facts of the fleet; stores no finding")
      .option("--file <file>", "a definition that is not saved")
      .option("--select <selector>", "nodes", "*")
      .option("--sample", "up to 2,000 nodes, at once")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops check back-test runtime-down\n  ./nodeops check back-test --file restarts.json --sample",
      ),
    () => import("./commands/check.ts").then((m) => m.backTest),
  );
  runs(check.command("save <check> <file>").description("save a definition as a new version"), () =>
    import("./commands/check.ts").then((m) => m.save),
  );
  runs(
    check
      .command("set <check> <state>")
      .description("shadow: evaluate and show nowhere; active: like any check; retired: over, its findings close")
      .option("--version <n>", "which version (default: the newest)", wholeNumber(1, 1_000))
      .option("--reason <text>", "why", ""),
    () => import("./commands/check.ts").then((m) => m.setState),
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
      .option("--override <reason>", "start it although an incident holds the node's repairs back")
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
  approvals(program);
  runs(program.command("cancel <repair>").description("cancel a repair that has not begun to act"), () =>
    import("./commands/repair.ts").then((m) => m.cancel),
  );
}

function approvals(program: Command): void {
  runs(program.command("approvals").description("what waits for somebody's approval"), () =>
    import("./commands/approvals.ts").then((m) => m.list),
  );
  runs(
    program
      .command("approve <repair>")
      .description("approve a repair that waits: shows the plan, asks, signs it with the local approval key")
      .option("-y, --yes", "do not ask"),
    () => import("./commands/approvals.ts").then((m) => m.approve),
  );
  runs(
    program
      .command("reject <repair>")
      .description("say no to a repair that waits for approval")
      .option("--reason <text>", "why", ""),
    () => import("./commands/approvals.ts").then((m) => m.reject),
  );
  const keys = program.command("approval-keys").description("keys that may sign approvals");
  runs(keys.command("list", { isDefault: true }).alias("ls").description("list them"), () =>
    import("./commands/keys-approval.ts").then((m) => m.list),
  );
  runs(
    keys
      .command("accept <key>")
      .description("let a passkey that its owner asked for sign approvals; signed with the local key")
      .option("-y, --yes", "do not ask"),
    () => import("./commands/keys-approval.ts").then((m) => m.accept),
  );
  runs(
    keys
      .command("remove <key>")
      .description("a key signs no more; signed with the local key")
      .option("-y, --yes", "do not ask"),
    () => import("./commands/keys-approval.ts").then((m) => m.remove),
  );
  runs(
    program
      .command("freeze [reason]")
      .description("stop all acting on the fleet at once; without a reason: how things stand")
      .addHelpText("after", '\nExamples:\n  ./nodeops freeze "kernel update goes wrong in zone b"'),
    () => import("./commands/freeze.ts").then((m) => m.freeze),
  );
  runs(
    program
      .command("unfreeze")
      .description("sign the end of a freeze; two persons have to where two can")
      .option("-y, --yes", "do not ask"),
    () => import("./commands/freeze.ts").then((m) => m.unfreeze),
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
  const audit = program.command("audit").description("who changed what");
  runs(withFilters(withPaging(audit.command("ls", { isDefault: true }).description("newest first"))), () =>
    import("./commands/audit.ts").then((m) => m.run),
  );
  runs(withFilters(audit.command("export").description("the whole trail as JSON lines on stdout, newest first")), () =>
    import("./commands/audit.ts").then((m) => m.exportTrail),
  );
  runs(
    audit
      .command("verify")
      .description("check the chain: finds every edit, deletion, reordering and truncation (on the console's host)"),
    () => import("./commands/audit.ts").then((m) => m.verify),
  );
  runs(program.command("whoami").description("whom the token belongs to"), () =>
    import("./commands/tokens.ts").then((m) => m.whoami),
  );
  const people = program.command("people").description("accounts of people");
  runs(people.command("ls", { isDefault: true }).description("list them"), () =>
    import("./commands/people.ts").then((m) => m.list),
  );
  runs(
    people
      .command("add <email>")
      .description("make an account; its one-time password is shown once")
      .option("--name <name>", "how the person is called (default: the address)")
      .option("--role <role>", "none, viewer, user, operator, approver or admin: in the whole fleet", "viewer")
      .option("--grant <role:selector>", "a role in a part of the fleet (repeatable), e.g. operator:pool=edge", collect)
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops people add ann@example.org --role none --grant operator:pool=edge",
      ),
    () => import("./commands/people.ts").then((m) => m.create),
  );
  runs(people.command("disable <email>").description("sessions and tokens of the account end at once"), () =>
    import("./commands/people.ts").then((m) => m.disable),
  );
  runs(people.command("enable <email>").description("the account may be used again"), () =>
    import("./commands/people.ts").then((m) => m.enable),
  );
  runs(people.command("unlock <email>").description("forget failed sign-ins"), () =>
    import("./commands/people.ts").then((m) => m.unlock),
  );
  const sessions = program.command("sessions").description("where a person is signed in");
  runs(sessions.command("ls <email>", { isDefault: true }).description("list the sessions of a person"), () =>
    import("./commands/sessions.ts").then((m) => m.list),
  );
  runs(sessions.command("end <email>").description("end all sessions of a person"), () =>
    import("./commands/sessions.ts").then((m) => m.end),
  );
  const tokens = program.command("tokens").description("API tokens");
  runs(tokens.command("ls", { isDefault: true }).description("list them"), () =>
    import("./commands/tokens.ts").then((m) => m.list),
  );
  runs(
    tokens
      .command("create <name>")
      .description("make a token; it is shown once")
      .option("--role <role>", "viewer, user, operator, approver or admin", "viewer")
      .option("--selector <selector>", "where the role holds, e.g. pool=edge", "*")
      .option("--scope <permissions>", "comma-separated permissions of the role, e.g. nodes:read (default: all)", list)
      .option("--expires <days>", "days until it expires", wholeNumber(1, 365), 90),
    () => import("./commands/tokens.ts").then((m) => m.create),
  );
  runs(tokens.command("revoke <id>").description("the token works no more"), () =>
    import("./commands/tokens.ts").then((m) => m.revoke),
  );
}
