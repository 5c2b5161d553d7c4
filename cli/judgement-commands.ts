// Commands about what is made of findings: mutes, incidents, modes, verdicts.
import type { Command } from "commander";
import { runs } from "./define.ts";

export function judgementCommands(program: Command): void {
  runs(
    program
      .command("incidents [incident]")
      .description("findings that share a cause; with an id: its nodes and what to do")
      .option("--all", "closed ones too")
      .option("--ack", "mark it as seen"),
    () => import("./commands/incidents.ts").then((m) => m.run),
  );
  runs(
    program
      .command("mutes")
      .description("what nobody is told of, until when and why")
      .option("--all", "those that are over too")
      .option("--check <id>", "that can cover findings of this check"),
    () => import("./commands/mutes.ts").then((m) => m.list),
  );
  runs(
    program
      .command("mute <check>")
      .description("findings of a check ('*': of all) count for nothing for a while; they are kept and shown as muted")
      .requiredOption("--reason <text>", "why")
      .option("--for <time>", "how long: 30m, 8h, 3d; 90d at most", "8h")
      .option("--select <selector>", "on which nodes, e.g. pool=edge", "*")
      .option("--node <name>", "on one node")
      .option("--subject <subject>", "only this subject", "")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops mute disk-almost-full --node lab-3 --subject /var --for 3d --reason 'disk is ordered'\n  ./nodeops mute '*' --select pool=staging --for 2h --reason 'power test'",
      ),
    () => import("./commands/mutes.ts").then((m) => m.create),
  );
  runs(program.command("unmute <mute>").description("end a mute: what it covered counts again at once"), () =>
    import("./commands/mutes.ts").then((m) => m.end),
  );
  const modes = program.command("modes").description("how far the product may go by itself, per check and pool");
  runs(modes.command("ls", { isDefault: true }).description("list them").option("--check <id>", "of one check"), () =>
    import("./commands/modes.ts").then((m) => m.list),
  );
  runs(
    modes
      .command("set <check> <mode>")
      .description("observe, suggest, approve, auto (must be earned), or none: no mode of its own")
      .requiredOption("--reason <text>", "why")
      .option("--pool <pool>", "for one pool", "*")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops modes set runtime-down approve --pool edge --reason 'worked so far'",
      ),
    () => import("./commands/modes.ts").then((m) => m.set),
  );
  runs(
    program
      .command("judge <finding> <real|false|unsaid>")
      .description("say whether a finding was real; the check's figures are made of it"),
    () => import("./commands/findings.ts").then((m) => m.judge),
  );
}
