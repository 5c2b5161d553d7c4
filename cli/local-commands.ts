// Commands about this machine: start, stop, look, test, lab, bench, eval.
import { type Command, Option } from "commander";
import { type CommonOptions, runs, wholeNumber } from "./define.ts";

const port = wholeNumber(1, 65_535);

export function localCommands(program: Command): void {
  const add = (usage: string, text: string) => program.command(usage).description(text);

  runs(
    add(
      "up",
      "start database, console, gateway, workers and this machine's agent; keeps them running until Ctrl-C or down",
    )
      .option("--port <n>", "port of the console (default 7080, or the next free one)", port)
      .option("--gateway-port <n>", "port agents connect to (default 7443, or the next free one)", port)
      .option("--listen <address>", "address the console listens on", "127.0.0.1")
      .option("--public-url <url>", "address people open, when a proxy stands in front")
      .option("--detach", "return once everything serves; stop it with down")
      .option("--no-agent", "do not make this machine a node")
      .option("--dev", "rebuild and restart as sources change")
      .option("--allow-shells", "let approved, recorded, time-boxed shells be opened on nodes that allow them too")
      .addOption(
        new Option("--isolation <mode>", "whether processes must run under accounts of their own (that needs root)")
          .choices(["auto", "required"])
          .default("auto"),
      )
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops up --detach\n  ./nodeops up --data /srv/nodeops --port 8080 --listen 0.0.0.0\n  DATABASE_URL=postgresql://… ./nodeops up",
      ),
    () => import("./commands/up.ts").then((m) => m.run),
  );
  // The process behind `up --detach`; it reports to its parent and then runs on alone.
  runs(program.command("supervise", { hidden: true }).argument("<options>"), () =>
    import("./commands/supervise.ts").then((m) => m.run),
  );

  runs(add("down", 'stop everything "up" started on this data folder, and nothing else'), () =>
    import("./commands/down.ts").then((m) => m.run),
  );

  runs(
    add("status", "what runs, since when, and what it costs").addHelpText(
      "after",
      "\nExamples:\n  ./nodeops status\n  ./nodeops status --json | jq .processes",
    ),
    () => import("./commands/status.ts").then((m) => m.run),
  );

  runs(
    add(
      "logs [process]",
      "the processes' logs, merged by file (postgres, web, gateway, dispatcher, workers, agent, supervisor)",
    )
      .option("-f, --follow", "keep printing what is added")
      .option("-n, --lines <n>", "last lines to show", wholeNumber(0, 100_000), 50)
      .addHelpText("after", "\nExamples:\n  ./nodeops logs\n  ./nodeops logs gateway -f"),
    () => import("./commands/logs.ts").then((m) => m.run),
  );

  const keys = add(
    "keys",
    "the fleet's keys: who signs commands, which CA names nodes; rotate them (on the console's host)",
  );
  runs(keys.command("ls", { isDefault: true }).description("keys, their age, and how many nodes have followed"), () =>
    import("./commands/keys.ts").then((m) => m.list),
  );
  runs(keys.command("rotate <part>").description("signing or ca: introduce a new one beside the present one"), () =>
    import("./commands/keys.ts").then((m) => m.rotate),
  );
  runs(
    keys
      .command("finish <part>")
      .description("signing or ca: drop the older one, once every node that reported within 30 days has followed")
      .option("--force", "also while some have not; they must join again")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops keys rotate signing && ./nodeops keys && ./nodeops keys finish signing",
      ),
    () => import("./commands/keys.ts").then((m) => m.finish),
  );

  runs(
    add(
      "reset-password [email]",
      "give an account a new one-time password and end its sessions (default: the first administrator)",
    ),
    () => import("./commands/reset-password.ts").then((m) => m.run),
  );
  runs(
    add("break-glass", "emergency access as administrator for an hour at most; asks the database only")
      .requiredOption("--reason <text>", "why; it is reviewed afterwards")
      .option("--minutes <n>", "how long it lasts", wholeNumber(1, 60), 60)
      .option("--as <email>", "whose name it carries (default: the first administrator)")
      .addHelpText("after", '\nExamples:\n  ./nodeops break-glass --reason "identity provider is down"'),
    () => import("./commands/break-glass.ts").then((m) => m.run),
  );

  runs(
    add("test", "check, unit, database, lab and browser tests; last line: N passed, N failed, N skipped")
      .option("--only <sections>", "comma-separated: check,unit,fuzz,db,lab,e2e")
      .option("--no-install", "install no missing test tools")
      .addHelpText("after", "\nExamples:\n  ./nodeops test\n  ./nodeops test --only check,unit,db"),
    () => import("./commands/test.ts").then((m) => m.run),
  );

  runs(
    add(
      "eval <suite> <file>",
      "measure a parser, the log rules, the judge or the diagnosis against a file of vectors: promtext, crilog, kmsg, canary or diagnosis",
    )
      .option("--verbose", "name the records that differ")
      .option("--leave-out", "diagnosis: also without the signatures that only one text bears")
      .addHelpText(
        "after",
        "\nExamples:\n  ./nodeops eval promtext vectors.json --json\n  ./nodeops eval kmsg lines.jsonl --json\n  ./nodeops eval diagnosis reports.jsonl --leave-out",
      ),
    () =>
      import("./commands/eval.ts").then(
        (m) => (args: string[], options: { verbose?: boolean; leaveOut?: boolean } & CommonOptions) =>
          m.runEval([
            ...args,
            ...(options.json ? ["--json"] : []),
            ...(options.verbose ? ["--verbose"] : []),
            ...(options.leaveOut ? ["--leave-out"] : []),
          ]),
      ),
  );

  runs(
    add(
      "diagnose [file]",
      "what is wrong, judging by an error message, a kubectl describe or a log; reads stdin without a file",
    )
      .option(
        "--container <id>",
        "a container, by the first 8 and more characters of its id: the console looks at it now",
      )
      .option("--pod <name>", "a pod, NAMESPACE/NAME: the console looks at its worst container")
      .option("--node <name>", "a node, or with --container the node that the container is on")
      .addOption(new Option("--lang <language>", "language of the answer").choices(["en", "zh"]))
      .addHelpText(
        "after",
        "\nA text is sent nowhere. Exit codes: 0 a cause is named, 2 nothing to read, 3 don't know.\nWith --container, --pod or --node: 0 the answer is sure, also that nothing is wrong; 1 there is no such one; 2 bad usage; 3 no console answers; 4 not sure.\n\nExamples:\n  kubectl describe pod web-1 | ./nodeops diagnose\n  ./nodeops diagnose error.txt --json\n  ./nodeops diagnose --pod shop/web-0",
      ),
    () => import("./commands/diagnose.ts").then((m) => m.run),
  );

  const bench = add("bench", "measures, in this very run, what the documentation quotes; nothing here is asserted");
  runs(
    bench
      .command("figures")
      .description(
        "start times, memory, CPU, agent traffic, page sizes, fault to finding to verified; on a folder of its own",
      )
      .option("--nodes <n>", "lab nodes; 0 leaves the lab out", wholeNumber(0, 64), 6)
      .option("--minutes <n>", "how long each quiet time is watched", wholeNumber(1, 120), 2)
      .option("--rounds <n>", "how often each start and each fault is repeated", wholeNumber(1, 20), 3)
      .option("--save", "also write bench/results/figures-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.figures),
  );
  runs(
    bench
      .command("catalogue")
      .description(
        "what looking costs: the catalogue on one node, one check over the fleet, a patrol; a simulated fleet",
      )
      .option(
        "--nodes <n>",
        "nodes of the simulated fleet; 100,000 take some 15 minutes and 10 GB",
        wholeNumber(500, 200_000),
        100_000,
      )
      .option("--rounds <n>", "how often each is repeated, three times at least", wholeNumber(3, 20), 3)
      .option("--save", "also write bench/results/catalogue-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.catalogue),
  );
  runs(
    bench
      .command("engine")
      .description("the rollout engine: planning and steps at the size of a fleet, and simulated worlds full of faults")
      .option("--nodes <n>", "nodes that are planned for", wholeNumber(500, 1_000_000), 100_000)
      .option("--rounds <n>", "how often planning is repeated, three times at least", wholeNumber(3, 20), 3)
      .option("--seeds <n>", "worlds that are run twice and compared bit by bit", wholeNumber(1, 1_000_000), 200)
      .option(
        "--incidents <n>",
        "simulated incidents; 1,000,000 take some minutes",
        wholeNumber(1, 1_000_000_000),
        50_000,
      )
      .option("--save", "also write bench/results/engine-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.engine),
  );
  runs(
    bench
      .command("fanout")
      .description("planning a rollout over a simulated fleet, sending one wave of it, and how long a pause would wait")
      .option("--nodes <n>", "simulated nodes; 50,000 take about a minute", wholeNumber(500, 200_000), 5_000)
      .option("--rounds <n>", "how often the preview is asked", wholeNumber(1, 20), 3)
      .option("--save", "also write bench/results/fanout-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.fanout),
  );
  runs(
    bench
      .command("queries")
      .description("what the console's questions cost on a filled database: node list, node, overview, findings")
      .option("--nodes <n>", "simulated nodes; 100,000 take about a minute", wholeNumber(500, 200_000), 10_000)
      .option("--rounds <n>", "how often each is asked", wholeNumber(1, 1_000), 50)
      .option("--seed <n>", "of what is asked for", wholeNumber(0, 1_000_000), 1)
      .option("--save, --keep", "also write bench/results/queries-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.queries),
  );
  const simulated = (name: string, text: string) =>
    bench
      .command(name)
      .description(text)
      .option("--nodes <n>", "simulated nodes", wholeNumber(10, 200_000), 1_000)
      .option("--interval <s>", "seconds between heartbeats", wholeNumber(1, 15), 10)
      .option("--gateways <n>", "gateway processes; one serves some 19,000 nodes at most", wholeNumber(1, 32), 1)
      .option("--enrol <n>", "nodes that enrol over the wire, the others in bulk", wholeNumber(0, 1_000), 50)
      .option("--rate <n>", "new connections a second at most", wholeNumber(1, 10_000), 300)
      .option("--seed <n>", "of churn, failures and clocks", wholeNumber(0, 1_000_000), 1)
      .option("--profile <dir>", "CPU profiles of the server processes and the dearest statements go there")
      .option("--save, --keep", `also write bench/results/${name}-<commit>.json`);
  runs(
    simulated(
      "fleet",
      "a simulated fleet over the production transport: cost, lost heartbeats, false alarms, queries",
    ).option("--duration <s>", "seconds of the measurement", wholeNumber(5, 86_400), 60),
    () => import("./commands/bench.ts").then((m) => m.fleet),
  );
  runs(
    simulated("storm", "the gateways of a simulated fleet are killed: how soon all are back, what is wrongly said"),
    () => import("./commands/bench.ts").then((m) => m.storm),
  );
  runs(
    bench
      .command("detect")
      .description(
        "how soon a node that was killed, froze or was cut off is said not to report, and what is wrongly said",
      )
      .option("--nodes <n>", "simulated nodes around the probes", wholeNumber(10, 18_000), 300)
      .option("--probes <n>", "nodes that something happens to, a process each", wholeNumber(1, 100), 16)
      .option("--rounds <n>", "how often it happens to each", wholeNumber(1, 50), 4)
      .option("--loss <s>", "seconds with one packet in a hundred lost", wholeNumber(0, 86_400), 120)
      .option("--stop <s>", "seconds for which the gateway stands still; 0: no loss either", wholeNumber(0, 600), 60)
      .option("--seed <n>", "of the moments at which it happens", wholeNumber(0, 1_000_000), 1)
      .option("--save, --keep", "also write bench/results/detect-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.detect),
  );
  runs(
    bench
      .command("ingest")
      .description("heartbeats at saturation, with TLS and without, in turns with etcd where it is installed")
      .option("--sessions <n>", "sessions of each kind", wholeNumber(1, 8_000), 1_000)
      .option("--seconds <s>", "seconds of each run", wholeNumber(1, 60), 5)
      .option("--rounds <n>", "how often each has its turn", wholeNumber(1, 20), 5)
      .option("--window <n>", "heartbeats ahead of one answer", wholeNumber(2, 64), 16)
      .option("--etcd <path>", "the program, where it is not in PATH")
      .option("--profile <dir>", "a CPU profile of the gateway goes there")
      .option("--save, --keep", "also write bench/results/ingest-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.ingest),
  );
  runs(
    bench
      .command("judge")
      .description(
        "the judge of canaries on simulated traces: false alarms while looked at every 10 s, how fast harm is found",
      )
      .option(
        "--runs <n>",
        "harmless runs of each main kind at most; 3,700 without an alarm show less than 0.1 %",
        wholeNumber(20, 1_000_000),
        4_000,
      )
      .option("--minutes <n>", "no round begins after so many minutes", wholeNumber(1, 1_440), 3)
      .option("--save", "also write bench/results/judge-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.judge),
  );

  runs(
    bench
      .command("diagnosis")
      .description("what an answer costs: logs of 200 lines, and megabytes of whatever is worst")
      .option("--rounds <n>", "how many logs", wholeNumber(20, 10_000), 200)
      .option("--save", "also write bench/results/diagnosis-<commit>.json"),
    () => import("./commands/bench.ts").then((m) => m.diagnosis),
  );

  const lab = add("lab", "real container nodes on this machine, and faults to try on them");
  runs(
    lab
      .command("up")
      .description("bring up nodes (kept when they run already) and enrol them")
      .option("--nodes <n>", "how many", wholeNumber(1, 64), 6)
      .option("--no-agents", "bare nodes, not enrolled"),
    () => import("./commands/lab.ts").then((m) => m.up),
  );
  runs(lab.command("down").description("end and remove every lab node"), () =>
    import("./commands/lab.ts").then((m) => m.down),
  );
  runs(lab.command("ls").description("the nodes and how they are"), () =>
    import("./commands/lab.ts").then((m) => m.ls),
  );
  runs(lab.command("faults").description("faults that can be injected"), () =>
    import("./commands/lab.ts").then((m) => m.faults),
  );
  runs(lab.command("fault <node> <fault>").description("inject a real fault"), () =>
    import("./commands/lab.ts").then((m) => m.fault),
  );
  runs(lab.command("heal <node> <fault>").description("take a fault back without the console's help"), () =>
    import("./commands/lab.ts").then((m) => m.heal),
  );
  runs(
    lab
      .command("drill")
      .description("every fault on real nodes: found, repaired, verified, and what else changed (must be nothing)")
      .option(
        "--nodes <n>",
        "how many of them; missing ones are brought up (default: those that run, else 6)",
        wholeNumber(1, 64),
      )
      .option("--faults <ids>", "comma-separated (default: all)", (ids: string) => ids.split(",").filter(Boolean))
      .option("--times <n>", "rounds of each fault", wholeNumber(1, 20), 2)
      .option("--seed <n>", "order of the faults (default: by chance; it is printed)", wholeNumber(0, 1_000_000)),
    () => import("./commands/lab-drill.ts").then((m) => m.run),
  );
  lab.addHelpText(
    "after",
    "\nExamples:\n  ./nodeops lab up --nodes 6\n  ./nodeops lab faults\n  ./nodeops lab fault lab-3 runtime-down\n  ./nodeops lab drill --faults runtime-down,mount-leak --times 1\n  ./nodeops lab down",
  );
}
