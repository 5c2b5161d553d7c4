// Command image.pull: has a runtime fetch an image before somebody needs it. Nothing else is touched; an image that is there is not fetched again.
import { Failure, messageOf } from "../host/errors.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** The name as runtimes list it: with its registry, and with a tag unless it has a digest. */
export function fullImageName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = isHost ? image : `docker.io/${rest.length === 0 ? `library/${image}` : image}`;
  const last = name.slice(name.lastIndexOf("/"));
  return /[@:]/.test(last) ? name : `${name}:latest`;
}

export const imagePull = defineCommand({
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
    const startedAt = performance.now();
    try {
      await runtime.pullImage(image, timeoutMs);
    } catch (err) {
      throw new Failure("not-pulled", `${image}: ${messageOf(err)}`, false);
    }
    const ms = Math.round(performance.now() - startedAt);
    const bytes = (await find())?.sizeBytes ?? null;
    return { message: `${image} was fetched in ${ms} ms`, changed: true, output: { alreadyThere: false, bytes, ms } };
  },
});
