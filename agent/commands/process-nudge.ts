// Command process.nudge: reminds a parent of its dead children with SIGCHLD, the most harmless thing that can be done about zombies.
import { Refusal } from "../host/errors.ts";
import { until } from "../host/wait.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenProcess } from "./prove.ts";

const zombiesOf = (ctx: CommandContext, pid: number): number =>
  (ctx.table.read(0).children.get(pid) ?? []).filter((p) => p.state === "Z").length;

export const processNudge = defineCommand({
  type: "process.nudge",
  affects: ["processes"],
  timeoutMs: 15_000,
  async run({ process: ref }, ctx) {
    provenProcess(ref);
    const before = zombiesOf(ctx, ref.pid);
    if (before === 0) throw new Refusal("nothing-to-do", `process ${ref.pid} has no zombies`);
    process.kill(ref.pid, "SIGCHLD");
    await until(3_000, 200, () => (zombiesOf(ctx, ref.pid) === 0 ? true : null));
    const after = zombiesOf(ctx, ref.pid);
    const message =
      after < before
        ? `${before - after} of ${before} zombies were reaped`
        : `it did not react: ${after} zombies remain`;
    return { message, changed: after < before, output: { before, after } };
  },
});
