// Change: one configuration file of a container runtime or its network, the same on every node, and a restart of the module that reads it.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { type CommandAction, commandParams } from "../protocol/commands.ts";
import { contentError, MANAGED_BYTES_MAX, managedFormat } from "../protocol/managed-files.ts";
import { type ChangeContext, defineChange } from "./define.ts";
import { sha256Of } from "./hashes.ts";
import { ranSince, restartOf, restartSteps, whyNoRestart } from "./restart.ts";

const Params = z
  .strictObject({
    path: z
      .string()
      .max(512)
      .refine((path) => managedFormat(path) !== null, "not among the files that may be written"),
    content: z.string().min(1).max(MANAGED_BYTES_MAX),
    mode: z.enum(["600", "640", "644"]).default("644"),
    /** Module that reads the file when it starts; null: it is read by itself (CNI, registry hosts). */
    restartModule: commandParams["module.restart"].shape.module.nullable(),
  })
  .superRefine(({ path, content }, ctx) => {
    const error = contentError(path, content);
    if (error !== null) ctx.addIssue({ code: "custom", path: ["content"], message: error });
  });
type Params = z.output<typeof Params>;

const put = ({ path, content, mode }: Params): CommandAction => ({
  type: "file.put",
  params: { path, content, sha256: sha256Of(content), mode },
});
const restore = ({ path, content }: Params): CommandAction => ({
  type: "file.restore",
  params: { path, putSha256: sha256Of(content) },
});
/** Whether the node has the file with this very content; null where its facts do not say. */
function hasIt({ path, content }: Params, { facts }: ChangeContext): boolean | null {
  const folder = "/etc/cni/net.d/";
  if (!path.startsWith(folder) || !facts.cni?.data) return null;
  const name = path.slice(folder.length);
  return facts.cni.data.files.some((file) => file.name === name && file.sha256 === sha256Of(content));
}

export const configFileChange = defineChange({
  kind: "config-file",
  title: t("Configuration file", "配置文件"),
  about: t(
    "Writes one file of a container runtime or its network and restarts what reads it; the old one is kept on each node.",
    "写入容器运行时或网络的一个配置文件并重启读取它的模块；旧文件保存在各节点上。",
  ),
  params: Params,
  on: "node",
  summary: ({ path, restartModule }) =>
    restartModule === null ? t(path, path) : t(`${path}, restart ${restartModule}`, `${path}，重启 ${restartModule}`),
  risk: () => "disruptive",
  isReversible: () => true,
  acts: "on-well",
  needs: ["modules", "cni"],
  plan: (params, ctx) => {
    const { path, restartModule } = params;
    if (hasIt(params, ctx) === true)
      return { nothing: t("The node has this very file.", "该节点已有相同的文件。"), isThere: true };
    const hindrance = whyNoRestart(ctx.facts, restartModule);
    if (hindrance) return hindrance;
    return {
      plan: {
        evidence: restartModule === null ? { sections: ["cni"] } : { sections: ["module-log"], module: restartModule },
        steps: [
          { title: t(`Write ${path}`, `写入 ${path}`), action: put(params) },
          ...restartSteps(params.restartModule),
        ],
        touches:
          restartModule === null
            ? t(`Only ${path}; the old file is kept.`, `仅修改 ${path}；旧文件会保留。`)
            : t(
                `${path} and ${restartModule}; the old file is kept, containers go on.`,
                `${path} 和 ${restartModule}；旧文件会保留，容器继续运行。`,
              ),
      },
    };
  },
  revert: (params, done) => {
    // A step whose outcome nobody knows may have changed the node: the node itself knows whether there is something to take back.
    const isPut = done.some(
      ({ step, result }) => step.action.type === "file.put" && (result.changed || result.status === "unknown"),
    );
    if (!isPut) return [];
    const title = t(`Put back what ${params.path} was`, `恢复 ${params.path} 的原内容`);
    return [{ title, action: restore(params) }, ...restartSteps(params.restartModule)];
  },
  covers: (params, action, direction) => {
    const { restartModule } = params;
    const allowed = [
      direction === "apply" ? put(params) : restore(params),
      ...(restartModule === null ? [] : [restartOf(restartModule)]),
    ];
    return allowed.some((one) => canonicalJson(one) === canonicalJson(action));
  },
  touchesModules: ({ restartModule }) => (restartModule === null ? [] : [restartModule]),
  pathRan: ({ restartModule }, facts, since) => ranSince(facts, restartModule, since),
});
