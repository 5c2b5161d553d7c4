// Change: one package of the distribution at exactly one version, and a restart of the module that it is. Each node keeps the archive of what it had.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { type CommandAction, commandParams } from "../protocol/commands.ts";
import { PackageName, PackageVersion } from "../protocol/packages.ts";
import { defineChange } from "./define.ts";
import { ranSince, restartOf, restartSteps, whyNoRestart } from "./restart.ts";

const Params = z.strictObject({
  name: PackageName,
  version: PackageVersion,
  /** Module that is restarted afterwards; null: nothing is, what runs goes on as it is until its next start. */
  restartModule: commandParams["module.restart"].shape.module.nullable().default(null),
});
type Params = z.output<typeof Params>;

const install = ({ name, version }: Params): CommandAction => ({ type: "package.install", params: { name, version } });
const restore = ({ name, version }: Params): CommandAction => ({
  type: "package.restore",
  params: { name, putVersion: version },
});

export const packageChange = defineChange({
  kind: "package",
  title: t("Package", "软件包"),
  about: t(
    "Brings one installed package to exactly this version, and touches no other package; nodes allow it by name in agent.json.",
    "将一个已安装的软件包切换到指定版本，不改动其他软件包；须由节点在 agent.json 中按名称放行。",
  ),
  params: Params,
  on: "node",
  summary: ({ name, version, restartModule }) =>
    restartModule === null
      ? t(`${name} ${version}`, `${name} ${version}`)
      : t(`${name} ${version}, restart ${restartModule}`, `${name} ${version}，重启 ${restartModule}`),
  risk: () => "disruptive",
  isReversible: () => true,
  acts: "on-well",
  plan: (params, { facts }) => {
    const { name, version, restartModule } = params;
    return (
      whyNoRestart(facts, restartModule) ?? {
        plan: {
          evidence:
            restartModule === null
              ? { sections: ["disk"] }
              : { sections: ["module-log", "disk"], module: restartModule },
          steps: [
            { title: t(`Install ${name} ${version}`, `安装 ${name} ${version}`), action: install(params) },
            ...restartSteps(restartModule),
          ],
          touches:
            restartModule === null
              ? t(
                  `Only the files of ${name}; no service is restarted, the former version is kept.`,
                  `仅替换 ${name} 的文件；不重启任何服务，原版本会保留。`,
                )
              : t(
                  `The files of ${name}, and ${restartModule}; no other service is restarted, the former version is kept.`,
                  `替换 ${name} 的文件并重启 ${restartModule}；不重启其他服务，原版本会保留。`,
                ),
        },
      }
    );
  },
  revert: (params, done) => {
    // A step whose outcome nobody knows may have changed the node: the node itself knows whether there is something to take back.
    const isPut = done.some(
      ({ step, result }) => step.action.type === "package.install" && (result.changed || result.status === "unknown"),
    );
    if (!isPut) return [];
    const title = t(`Put back the former version of ${params.name}`, `恢复 ${params.name} 的原版本`);
    return [{ title, action: restore(params) }, ...restartSteps(params.restartModule)];
  },
  covers: (params, action, direction) => {
    const { restartModule } = params;
    const allowed = [
      direction === "apply" ? install(params) : restore(params),
      ...(restartModule === null ? [] : [restartOf(restartModule)]),
    ];
    return allowed.some((one) => canonicalJson(one) === canonicalJson(action));
  },
  touchesModules: ({ restartModule }) => (restartModule === null ? [] : [restartModule]),
  pathRan: ({ restartModule }, facts, since) => ranSince(facts, restartModule, since),
});
