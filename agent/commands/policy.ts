// The node's own policy about commands. Pure; null means allowed.
import type { CommandAction } from "../../protocol/commands.ts";
import type { AgentConfig } from "../config.ts";
import { isUnder } from "../host/mountinfo.ts";
import { placeOf } from "./managed-place.ts";

/** What the node itself knows of names in an action. */
export type Places = {
  /** Folder of the CNI files. */
  cniFolder: string;
  /** Ids of the runtimes that this module runs. */
  runtimesOf: (module: string) => string[];
};

/** Why the local policy forbids an action, or null. */
export function forbids(
  config: Pick<AgentConfig, "policy" | "managedFiles">,
  action: CommandAction,
  { cniFolder, runtimesOf }: Places,
): string | null {
  const { policy } = config;
  if (policy.denyCommands.includes(action.type)) return `${action.type} is denied on this node`;
  if (policy.commands && !policy.commands.includes(action.type))
    return `${action.type} is not among the commands allowed on this node`;
  const { params } = action;
  const named =
    action.type === "module.restart" || action.type === "module.limits"
      ? runtimesOf(action.params.module)
      : "runtime" in params && params.runtime !== undefined
        ? [params.runtime]
        : [];
  const foreign = named.find((runtime) => policy.runtimes && !policy.runtimes.includes(runtime));
  if (foreign !== undefined) return `runtime ${foreign} may not be changed on this node`;
  const { paths } = policy;
  const touched = touchedPath(action, cniFolder, config);
  if (paths && touched !== null && !paths.some((path) => isUnder(touched, path))) {
    return `${touched} is outside the folders that may be changed on this node`;
  }
  return null;
}

/** The path that an action changes, where it names one. Commands that find theirs on the node ask again themselves (prove-container.ts). */
function touchedPath(
  action: CommandAction,
  cniFolder: string,
  config: Pick<AgentConfig, "managedFiles">,
): string | null {
  if (action.type === "file.put" || action.type === "file.restore") return placeOf(config, action.params.path);
  if (action.type === "mount.detach" || action.type === "lxcfs.reattach" || action.type === "filesystem.thaw")
    return action.params.mountPoint;
  if (action.type === "log.trim") return action.params.path;
  if (action.type === "cni.restore") return `${cniFolder}/${action.params.file}`;
  if (action.type === "nic.rename") return action.params.claim?.file ?? null;
  return null;
}
