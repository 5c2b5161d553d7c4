// Change: an OCI hook – a program of the node that the runtime runs when a container starts or ends –, put to nodes as the descriptor that runtimes read.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import type { CommandAction } from "../protocol/commands.ts";
import { hookError, readHook } from "../protocol/hook-syntax.ts";
import { defineChange } from "./define.ts";
import { sha256Of } from "./hashes.ts";

const Params = z.strictObject({
  /** Of the file, without its ending. Runtimes run hooks in the order of names. */
  name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,99}$/),
  descriptor: z
    .string()
    .min(2)
    .max(16_384)
    .superRefine((text, ctx) => {
      const error = hookError(text);
      if (error !== null) ctx.addIssue({ code: "custom", message: error });
    }),
});
type Params = z.output<typeof Params>;

const pathOf = ({ name }: Params): string => `/etc/containers/oci/hooks.d/${name}.json`;
const put = (params: Params): CommandAction => ({
  type: "file.put",
  params: { path: pathOf(params), content: params.descriptor, sha256: sha256Of(params.descriptor), mode: "644" },
});
const restore = (params: Params): CommandAction => ({
  type: "file.restore",
  params: { path: pathOf(params), putSha256: sha256Of(params.descriptor) },
});
const programOf = ({ descriptor }: Params): string => {
  const hook = readHook(descriptor);
  return typeof hook === "string" ? "" : hook.hook.path;
};

export const hookChange = defineChange({
  kind: "hook",
  title: t("Container hook", "容器钩子"),
  about: t(
    "Has runtimes run a program of the node when containers start or end (Podman and CRI-O); it must be on the node already.",
    "让运行时（Podman、CRI-O）在容器启动或结束时执行节点上的某个程序；该程序须已在节点上。",
  ),
  params: Params,
  on: "node",
  summary: (params) => t(`hook ${params.name}: ${programOf(params)}`, `钩子 ${params.name}：${programOf(params)}`),
  // Every container that begins from then on waits for it.
  risk: () => "disruptive",
  isReversible: () => true,
  acts: "on-well",
  plan: (params) => ({
    plan: {
      evidence: { sections: ["containers"] },
      steps: [{ title: t(`Write ${pathOf(params)}`, `写入 ${pathOf(params)}`), action: put(params) }],
      touches: t(
        "Containers that start or end from now on; those that run are not touched. A former descriptor of that name is kept.",
        "影响此后启动或结束的容器，不触及运行中的容器；同名的原描述文件会保留。",
      ),
    },
  }),
  revert: (params, done) =>
    // An outcome that nobody knows may have changed the node, which knows itself whether there is something to take back.
    done.some(({ result }) => result.changed || result.status === "unknown")
      ? [
          {
            title: t(`Put back what ${pathOf(params)} was`, `恢复 ${pathOf(params)} 的原内容`),
            action: restore(params),
          },
        ]
      : [],
  covers: (params, action, direction) =>
    canonicalJson(action) === canonicalJson(direction === "apply" ? put(params) : restore(params)),
  touchesModules: () => [],
  // A container that began since has had it: no fact says so of one that no hook was meant for.
  pathRan: () => null,
});
