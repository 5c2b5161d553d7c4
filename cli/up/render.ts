// Shows a start: one line per step with its time, then where to go next. As JSON: one summary object.

import { duration, paint, printJson, printLine } from "../output.ts";
import type { DataPaths } from "../paths.ts";
import type { State } from "../state.ts";
import type { UpEvent, UpSummary } from "./options.ts";

export function renderer(isJson: boolean, isDetached: boolean) {
  const isTerminal = process.stdout.isTTY === true && !isJson;
  const say = isJson ? (text: string) => void process.stderr.write(`${text}\n`) : printLine;
  let admin: { email: string; password: string } | undefined;
  let pending: string | undefined;

  const clear = () => {
    if (pending !== undefined && isTerminal) process.stdout.write("\r\x1b[K");
  };
  const draw = () => {
    if (pending !== undefined && isTerminal) process.stdout.write(`  … ${pending}`);
  };

  function event(value: UpEvent): void {
    clear();
    switch (value.type) {
      case "begin":
        pending = value.step;
        break;
      case "end":
        pending = undefined;
        say(
          `  ${paint("green", "✓")} ${value.step.padEnd(12)} ${duration(value.ms).padStart(8)}  ${paint("dim", value.detail)}`,
        );
        break;
      case "note":
        say(`  ${paint("yellow", "!")} ${value.text}`);
        break;
      case "admin":
        admin = value;
        break;
      case "ready":
        if (isJson) printJson(value.summary);
        else ready(value.summary);
        admin = undefined;
        break;
      case "failed":
        interrupted();
        break;
      case "stopped":
        interrupted();
        say("  stopped");
    }
    draw();
  }

  // The password exists only here: a start that fails or stops later must still show it.
  function interrupted(): void {
    clear();
    pending = undefined;
    if (admin) say(`\n  The first administrator was made: ${admin.email}, one-time password ${admin.password}\n`);
    admin = undefined;
  }

  function ready(summary: UpSummary): void {
    printLine();
    printLine(
      `  ${paint("bold", "NodeOps Center")} serves after ${duration(summary.totalMs)} (${summary.isCold ? "cold" : "warm"} start)`,
    );
    printLine();
    printLine(`  Console    ${paint(["bold", "cyan"], summary.webUrl)}`);
    if (summary.admin.password) {
      printLine(`  User       ${summary.admin.email}`);
      printLine(
        `  Password   ${paint("bold", summary.admin.password)}   ${paint("dim", "shown only now; change it after signing in")}`,
      );
    } else
      printLine(
        `  User       ${summary.admin.email}   ${paint("dim", "(lost the password? ./nodeops reset-password)")}`,
      );
    printLine(`  Agents     ${summary.gatewayUrl}`);
    printLine();
    printLine("  What next");
    printLine("    ./nodeops lab up --nodes 6    six real container nodes to try things on");
    printLine("    ./nodeops nodes               the fleet from the shell");
    printLine("    ./nodeops status              what runs and what it costs");
    printLine(
      isDetached
        ? "    ./nodeops down                stop everything"
        : "    Ctrl-C                        stop everything",
    );
    printLine();
  }

  function alreadyRunning(state: State, paths: DataPaths): void {
    if (isJson)
      printJson({
        alreadyRunning: true,
        webUrl: state.webUrl,
        gatewayUrl: state.gatewayUrl,
        dataDir: paths.dir,
        pid: state.supervisor.pid,
      });
    else
      printLine(
        `NodeOps Center already runs on ${paths.dir} (${state.phase}, pid ${state.supervisor.pid}): ${state.webUrl}\n\n  ./nodeops status shows it, ./nodeops down stops it`,
      );
  }

  return { event, interrupted, alreadyRunning };
}
