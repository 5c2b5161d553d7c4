// The node's own policy about commands. Pure; null means allowed.
import type { CommandAction } from "../../protocol/commands.ts";
import type { AgentConfig } from "../config.ts";
import { isUnder } from "../host/mountinfo.ts";

/** Why the local policy forbids an action, or null. */
export function forbids({ policy }: Pick<AgentConfig, "policy">, action: CommandAction): string | null {
  if (policy.denyCommands.includes(action.type)) return `${action.type} is denied on this node`;
  if (policy.commands && !policy.commands.includes(action.type))
    return `${action.type} is not among the commands allowed on this node`;
  const { params } = action;
  if (policy.runtimes && "runtime" in params && !policy.runtimes.includes(params.runtime)) {
    return `runtime ${params.runtime} may not be changed on this node`;
  }
  const { paths } = policy;
  const touched = touchedPath(action);
  if (paths && touched !== null && !paths.some((path) => isUnder(touched, path))) {
    return `${touched} is outside the folders that may be changed on this node`;
  }
  return null;
}

/** The path that an action changes, where it names one. */
function touchedPath(action: CommandAction): string | null {
  if (action.type === "mount.detach" || action.type === "lxcfs.reattach") return action.params.mountPoint;
  if (action.type === "nic.rename") return action.params.claim?.file ?? null;
  return null;
}
