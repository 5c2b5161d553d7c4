// Command image.pull: has a runtime fetch an image before somebody needs it. Nothing else is touched; an image that is there is not fetched again, and none
// is fetched onto a disk that is filling up.
import { Failure, messageOf, Refusal } from "../host/errors.ts";
import { spaceOf } from "../host/probe-path.ts";
import type { Runtime } from "../runtimes/types.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** Down to this share of the disk the kubelet clears images that nobody uses yet (imageGCLowThresholdPercent, 80 unless told): above it an image fetched ahead goes again, or fills the disk. */
const USED_RATIO_MAX = 0.8;
/** Above this one that is under way is given up: the kubelet evicts pods from there (nodefs.available<10%). */
const STOP_RATIO = 0.9;
const LOOK_MS = 3_000;
const MESSAGE_MAX = 500;

/** The name as runtimes list it: with its registry, and with a tag unless it has a digest. */
export function fullImageName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = isHost ? image : `docker.io/${rest.length === 0 ? `library/${image}` : image}`;
  const last = name.slice(name.lastIndexOf("/"));
  return /[@:]/.test(last) ? name : `${name}:latest`;
}

/** A runtime's words without what lets somebody in: registries hand out addresses with signatures and tokens in their query, and errors quote them. */
export const withoutSecrets = (text: string): string =>
  text
    .slice(0, 4 * MESSAGE_MAX)
    .replace(/\b(https?:\/\/)[^\s"'/@]{1,200}@/gi, "$1…@")
    .replace(/\?[^\s"'?]{0,2000}/g, "?…")
    .replace(/\b(authorization|bearer|basic)\b[ :=]{1,4}((bearer|basic) )?[^\s"',]{1,2000}/gi, "$1 …")
    .slice(0, MESSAGE_MAX);

/** Share of the disk below a folder that is used, 0–1. @throws when nobody can tell */
type UsedRatio = (folder: string) => Promise<number>;

const usedRatioOf: UsedRatio = async (folder) => {
  const { totalBytes, availableBytes } = await spaceOf(folder, "");
  return 1 - availableBytes / Math.max(1, totalBytes);
};
const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

/**
 * Folder of the runtime's images, null where it does not name it: then nobody can tell, and the runtime's own limits hold.
 * @throws Refusal when its disk is filling up
 */
async function provenSpace(runtime: Runtime, usedRatio: UsedRatio): Promise<string | null> {
  let folder: string | null;
  let used: number;
  try {
    folder = (await runtime.details()).rootDir;
    used = folder === null ? 0 : await usedRatio(folder);
  } catch (err) {
    throw new Refusal("no-space", `nobody can tell how full the disk of its images is: ${messageOf(err)}`);
  }
  if (used > USED_RATIO_MAX) throw new Refusal("no-space", `the disk of its images is ${percent(used)} full`);
  return folder;
}

/** Fetches it, and gives it up where the disk runs full meanwhile: how large an image is nobody says before. @throws Error */
async function pull(
  fetch: (signal: AbortSignal) => Promise<void>,
  look: { folder: string | null; usedRatio: UsedRatio; everyMs: number },
): Promise<void> {
  const { folder, usedRatio, everyMs } = look;
  const full = new AbortController();
  let reason = "";
  const timer = setInterval(async () => {
    const used = folder === null ? 0 : await usedRatio(folder).catch(() => 0); // looked at again in a moment
    if (used <= STOP_RATIO || full.signal.aborted) return;
    reason = `given up, the disk of its images is ${percent(used)} full; the runtime clears what it has of it`;
    full.abort();
  }, everyMs);
  try {
    await fetch(full.signal);
  } catch (err) {
    throw reason === "" ? err : new Error(reason);
  } finally {
    clearInterval(timer);
  }
}

/** @param usedRatio for tests, as is `everyMs` */
export const pullImage = (usedRatio: UsedRatio = usedRatioOf, everyMs = LOOK_MS) =>
  defineCommand({
    type: "image.pull",
    affects: ["images", "filesystems"],
    timeoutMs: 620_000,
    async run({ runtime: id, image, timeoutMs }, ctx) {
      const { runtime } = await answeringRuntime(ctx, id);
      const wanted = fullImageName(image);
      const find = async () =>
        (await runtime.images()).find((i) => [i.id, ...[...i.tags, ...i.digests].map(fullImageName)].includes(wanted));
      const there = await find();
      if (there)
        return {
          message: `${image} is there already`,
          changed: false,
          output: { alreadyThere: true, bytes: there.sizeBytes, ms: 0 },
        };
      const folder = await provenSpace(runtime, usedRatio);
      const startedAt = performance.now();
      try {
        await pull((signal) => runtime.pullImage(image, timeoutMs, signal), { folder, usedRatio, everyMs });
      } catch (err) {
        throw new Failure("not-pulled", `${image}: ${withoutSecrets(messageOf(err))}`, false);
      }
      const ms = Math.round(performance.now() - startedAt);
      const bytes = (await find())?.sizeBytes ?? null;
      return { message: `${image} was fetched in ${ms} ms`, changed: true, output: { alreadyThere: false, bytes, ms } };
    },
  });

export const imagePull = pullImage();
