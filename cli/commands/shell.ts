// `shell`: asks for a shell on a node or in a container, waits until somebody has approved it, and is its terminal.
import { setTimeout as sleep } from "node:timers/promises";
import type { ShellDetail } from "../../server/shells/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { plain, shortId, words } from "../words.ts";

type Options = { node?: string; container?: string; minutes: number; reason?: string; wait: boolean };

const LOOK_MS = 500;
const READ_MS = 120;
const REPORT_MS = 60_000;

/** @returns 0 when it was opened and has ended (or was asked for, with --no-wait), 1 when it was not opened */
export const run: Run<Options> = async (_args, options) => {
  const { node, container, minutes, reason } = options;
  if (node === undefined) throw new UserError("no node", "name one with --node", EXIT.usage);
  if (reason === undefined) throw new UserError("no reason", "say why with --reason; approvers read it", EXIT.usage);
  const client = connect(options);
  const report = container === undefined ? undefined : await look(client, node, container);
  const { id } = await answer(client.shells.request.mutate({ node, report, minutes, reason }));
  if (!options.wait || options.json) {
    if (options.json) printJson({ id });
    else printLine(`asked for as ${shortId(id)}; ./nodeops approve ${shortId(id)} approves it, by somebody else`);
    return EXIT.ok;
  }
  return attend(client, id, options);
};

/** A report names the container's process exactly; the shell enters that one. */
async function look(client: Client, node: string, container: string): Promise<string> {
  const { id } = await answer(client.debug.start.mutate({ node, container }));
  for (const until = performance.now() + REPORT_MS; performance.now() < until; await sleep(LOOK_MS)) {
    const { endedAt, report, outcome } = await answer(client.debug.get.query({ id }));
    if (report) return id;
    if (endedAt) throw new UserError(plain(words(outcome)) || "the node could not look at it", undefined, EXIT.failed);
  }
  throw new UserError("the node does not answer", "is it connected?", EXIT.failed);
}

async function attend(client: Client, id: string, options: CommonOptions): Promise<number> {
  printLine(`waits for approval: ./nodeops approve ${shortId(id)} by somebody else, or the console`);
  const shell = await opened(client, id);
  if (shell.state !== "open" && shell.state !== "ended") {
    printLine(`not opened: ${plain(words(shell.outcome))}`);
    return EXIT.failed;
  }
  // As it is: a terminal is what these bytes are for.
  const exact = connect({ ...options, json: true });
  const end = process.stdin.isTTY ? takeKeys(exact, id) : () => undefined;
  try {
    await printAll(exact, id);
  } finally {
    end();
  }
  const { endReason } = await answer(client.shells.get.query({ id }));
  printLine(paint("dim", `\nended: ${endReason ?? "unknown"}; ./nodeops shells cast ${shortId(id)} is its recording`));
  return EXIT.ok;
}

async function opened(client: Client, id: string): Promise<ShellDetail> {
  for (;;) {
    const shell = await answer(client.shells.get.query({ id }));
    if (shell.state !== "awaiting" && shell.state !== "opening") return shell;
    await sleep(LOOK_MS);
  }
}

async function printAll(client: Client, id: string): Promise<void> {
  for (let after = 0; ; ) {
    const { pieces, hasMore, isOver } = await answer(client.shells.output.query({ id, after }));
    for (const { data } of pieces) process.stdout.write(Buffer.from(data, "base64"));
    after = pieces.at(-1)?.seq ?? after;
    if (isOver && !hasMore) return;
    if (!hasMore) await sleep(READ_MS);
  }
}

/** Keys of this terminal go to the shell, in order. @returns how to give the terminal back */
function takeKeys(client: Client, id: string): () => void {
  const { stdin, stdout } = process;
  let last: Promise<unknown> = Promise.resolve();
  const send = (kind: "i" | "r", data: Buffer): void => {
    const inputs = [{ kind, data: data.toString("base64") }];
    // One that is over says so with what it printed; there is nothing to add here.
    last = last.then(() => client.shells.type.mutate({ id, inputs })).catch(() => undefined);
  };
  const onKeys = (data: Buffer): void => send("i", data);
  const onSize = (): void => send("r", Buffer.from(`${stdout.columns}x${stdout.rows}`));
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", onKeys);
  stdout.on("resize", onSize);
  onSize();
  return () => {
    stdin.off("data", onKeys);
    stdout.off("resize", onSize);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
