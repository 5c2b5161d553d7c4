// Change: images are fetched before somebody needs them. Nothing is interrupted and nothing taken back: an image that nobody uses goes by the runtime's own
// clearing or the repair of a full disk.
import { z } from "zod";
import { t } from "../checks/text.ts";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { type CommandAction, commandParams } from "../protocol/commands.ts";
import type { Step } from "../repairs/define.ts";
import { defineChange } from "./define.ts";

const IMAGES_MAX = 20;
/** One image: 10 GB at 20 MB/s. */
const PULL_MS = 500_000;

const Pull = commandParams["image.pull"].shape;
const Params = z.strictObject({
  images: z
    .array(Pull.image)
    .min(1)
    .max(IMAGES_MAX)
    .refine((images) => new Set(images).size === images.length, "an image stands there twice"),
  /** Id of the runtime that fetches; null: the one that runs the node's pods, else its first. */
  runtime: Pull.runtime.nullable(),
});

const pull = (runtime: string, image: string): CommandAction => ({
  type: "image.pull",
  params: { runtime, image, timeoutMs: PULL_MS },
});

export const imagePrewarmChange = defineChange({
  kind: "image-prewarm",
  title: t("Image pre-warm", "镜像预热"),
  about: t(
    "Fetches images on nodes before containers need them; in waves, so that registry and network are not overrun.",
    "在容器需要之前把镜像拉取到节点；分批进行，避免压垮镜像仓库和网络。",
  ),
  params: Params,
  on: "node",
  summary: ({ images }) =>
    images.length === 1
      ? t(images[0] ?? "", images[0] ?? "")
      : t(`${images[0]} and ${images.length - 1} more`, `${images[0]} 等 ${images.length} 个镜像`),
  risk: () => "safe",
  isReversible: () => false,
  acts: "on-well",
  needs: ["runtimes", "images"],
  plan: ({ images, runtime }, { facts }) => {
    const runtimes = facts.runtimes?.data ?? [];
    const answering = runtimes.filter(({ id, probe }) => probe.ok && (runtime === null || id === runtime));
    const chosen = answering.find(({ kind }) => kind === "cri") ?? answering[0];
    if (!chosen)
      return runtimes.length > 0 && runtime !== null && !runtimes.some(({ id }) => id === runtime)
        ? { nothing: t(`The node has no runtime ${runtime}.`, `该节点没有运行时 ${runtime}。`), isThere: false }
        : { refused: t("No runtime of the node answers.", "该节点没有可应答的运行时。") };
    const there = new Set(facts.images?.data?.filter((i) => i.runtime === chosen.id).flatMap(({ tags }) => tags));
    const missing = images.filter((image) => !there.has(image));
    if (missing.length === 0) return { nothing: t("The images are there.", "镜像已在节点上。"), isThere: true };
    const steps = missing.map(
      (image): Step => ({ title: t(`Fetch ${image}`, `拉取 ${image}`), action: pull(chosen.id, image) }),
    );
    return {
      plan: {
        evidence: { sections: ["disk"] },
        steps,
        touches: t("Disk and network; no container is touched.", "占用磁盘与网络；不影响任何容器。"),
      },
    };
  },
  revert: () => [],
  covers: ({ images, runtime }, action, direction) => {
    if (direction !== "apply" || action.type !== "image.pull") return false;
    const { image } = action.params;
    const wanted = pull(runtime ?? action.params.runtime, image);
    return images.includes(image) && canonicalJson(action) === canonicalJson(wanted);
  },
  touchesModules: () => [],
  pathRan: () => null,
});
