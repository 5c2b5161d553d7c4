// How an image is named: which registry it comes from, and under which tag.

/** The registry of an image name; Docker's own where it names none. Null for a bare id. */
export function registryOf(image: string): string | null {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(image) || image === "") return null;
  const first = image.split("/")[0] ?? "";
  return image.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

/** Tag of an image name; "" when there is none and no digest either, null for a digest or a bare id. */
export function tagOf(image: string): string | null {
  if (image.includes("@") || /^(sha256:)?[0-9a-f]{64}$/.test(image)) return null;
  const last = image.slice(image.lastIndexOf("/") + 1);
  return last.includes(":") ? last.slice(last.indexOf(":") + 1) : "";
}

/** The registry from which at least this share of the named images comes: a failing pull is most likely about it. */
const MOST = 0.8;

/** The one registry that a node uses, null when there are several. */
export function mainRegistry(images: readonly string[]): string | null {
  const registries = images
    .map(registryOf)
    .filter((r): r is string => r !== null && r !== "localhost" && r !== "local");
  for (const registry of new Set(registries))
    if (registries.filter((r) => r === registry).length >= registries.length * MOST) return registry;
  return null;
}
