#!/usr/bin/env node
// The node agent's command line: join, run, install, doctor, status. One file when bundled; needs Node.js and nothing else.
import { parseArgs } from "node:util";
import { DEFAULT_CONFIG, DEFAULT_STATE } from "./config.ts";
import { messageOf } from "./host/errors.ts";
import { AGENT_VERSION } from "./version.ts";

const usage = `nodeops-agent ${AGENT_VERSION}: watches and repairs a container node for NodeOps Center

  nodeops-agent join --gateway URL --token TOKEN [--name NAME] [--start]
                                  enrol this node; --start goes on as a service (systemd) or in the foreground
  nodeops-agent run               connect and work, in the foreground
  nodeops-agent install           keep it running: writes and starts a systemd unit, or says what to do without systemd
  nodeops-agent doctor [--json] [--only CHECK,…] [--lang en|zh]
                                  check this node here and now, without any console; exit code 0 well, 1 warnings,
                                  2 something critical, 3 nothing found but not everything could be looked at
  nodeops-agent status [--json]   what the running agent is doing

  --state DIR     the agent's folder (default ${DEFAULT_STATE})
  --config FILE   this node's own policy, modules and runtimes (default ${DEFAULT_CONFIG})
`;

/** V8 and C library settings that spare some 15 MB: small young generation, few heap arenas. They can only be given at the start of a process. */
const LEAN = { NODE_OPTIONS: "--max-semi-space-size=1", MALLOC_ARENA_MAX: "2" };

/** Replaces this process by one with those settings; pid and arguments stay, so that no supervisor notices. @returns false when done already or not possible */
function runLean(): boolean {
  if (process.env.NODE_OPTIONS?.includes(LEAN.NODE_OPTIONS) || !process.argv[1]?.endsWith(".mjs") || !process.execve)
    return false;
  process.removeAllListeners("warning"); // execve is marked experimental: not a matter for the agent's log
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    ...LEAN,
  });
  return true; // not reached: the process is another one by now
}

/** Ends of a run that a supervisor should not answer with an immediate restart: configuration, not chance (sysexits.h EX_CONFIG). */
const EX_CONFIG = 78;
/** A wrong call (sysexits.h EX_USAGE). */
const EX_USAGE = 64;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      gateway: { type: "string" },
      token: { type: "string" },
      name: { type: "string" },
      state: { type: "string", default: DEFAULT_STATE },
      config: { type: "string", default: DEFAULT_CONFIG },
      start: { type: "boolean", default: false },
      force: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string" },
      lang: { type: "string" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      version: { type: "boolean", default: false },
    },
  });
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const [verb] = positionals;
  if (values.version) {
    say(AGENT_VERSION);
    return 0;
  }
  if (values.help || verb === undefined) {
    say(usage);
    return values.help ? 0 : EX_USAGE;
  }
  const { state, config } = values;
  switch (verb) {
    case "join": {
      const { gateway, token, name, force } = values;
      if (!gateway || !token)
        throw new Error("join needs --gateway URL and --token TOKEN: copy the whole line from the console");
      const { join } = await import("./join.ts");
      const { identity, already } = await join({ gateway, token, name, stateFolder: state, force });
      say(
        already
          ? `This node is enrolled already as ${identity.name} (${identity.nodeId}); where the console removed it, --force joins anew.`
          : `Enrolled as ${identity.name} (${identity.nodeId}).`,
      );
      if (values.start) return (await import("./service.ts")).startAsService(state, config);
      say("Next: `nodeops-agent install` keeps it running, `nodeops-agent run` runs it here.");
      return 0;
    }
    case "run":
      if (runLean()) return 0;
      return (await import("./service.ts")).runInForeground(state, config, values.verbose);
    case "install":
      return (await import("./install.ts")).install(state, config);
    case "doctor": {
      const { doctor, UsageError } = await import("./doctor.ts");
      try {
        return await doctor({ state, config, json: values.json, only: values.only, lang: values.lang });
      } catch (err) {
        if (!(err instanceof UsageError)) throw err;
        process.stderr.write(`nodeops-agent: ${err.message}\n`);
        return EX_USAGE;
      }
    }
    case "status":
      return (await import("./status.ts")).status(state, values.json);
    default:
      process.stderr.write(`There is no command "${verb}".\n\n${usage}`);
      return EX_USAGE;
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (err: unknown) => {
    process.stderr.write(`nodeops-agent: ${messageOf(err)}\n`);
    process.exitCode = EX_CONFIG;
  },
);
