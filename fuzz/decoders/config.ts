// Files on a node: the local policy, and the agent's own identity of its gateway.
import { parseAgentConfig } from "../../agent/config.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs } from "../mutate-text.ts";

export const agentConfig: Decoder = {
  name: "agent-config",
  what: "the node's local policy file; one that is not understood must stop the agent, not be skipped",
  generate: jsonInputs([
    {
      modules: [
        {
          name: "containerd",
          kind: "runtime",
          manager: { type: "systemd", unit: "containerd.service" },
          log: "/var/log/x",
        },
        {
          name: "lxcfs",
          kind: "lxcfs",
          manager: { type: "exec", start: ["/usr/bin/lxcfs", "/var/lib/lxcfs"], pidFile: "/run/lxcfs.pid" },
        },
        { name: "dfdaemon", manager: { type: "runit", service: "dfdaemon" } },
      ],
      runtimes: [
        {
          kind: "cri",
          endpoint: "unix:///run/containerd/containerd.sock",
          id: "containerd",
          metricsUrl: "http://127.0.0.1:1338/v1/metrics",
        },
      ],
      autodetect: false,
      policy: {
        commands: ["evidence.capture"],
        denyCommands: ["runtime.prune"],
        runtimes: ["containerd"],
        paths: ["/var/lib"],
      },
    },
    {},
  ]),
  decode(input) {
    try {
      parseAgentConfig(asText(input));
      return true;
    } catch (err) {
      // Refusals are plain errors that name the field, or JSON's own.
      if (err instanceof SyntaxError || (err instanceof Error && err.constructor === Error)) return false;
      throw err;
    }
  },
};
