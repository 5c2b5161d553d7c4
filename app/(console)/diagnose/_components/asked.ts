// What was typed into the box: the name of something that can be looked at, or a text to be read. Pure.

/** How the server is asked to look at something. */
export type Live = { container: string } | { podName: string; podNamespace?: string } | { node: string };

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const CONTAINER = /^(?:(?:docker|containerd|cri-o|pouch):\/\/)?([0-9a-f]{8,64})$/;
const POD = /^(?:pods?\/)?([a-z0-9-]{1,63})\/([a-z0-9][a-z0-9.-]{0,252})$/;

/**
 * What a short text may name, likeliest first: a container's id, namespace/pod, a pod, a node. Empty for anything longer than a name: it is a text to be read.
 */
export function namesIn(text: string): Live[] {
  const word = text.trim();
  const container = CONTAINER.exec(word)?.[1];
  if (container) return [{ container }];
  const pod = POD.exec(word);
  if (pod?.[1] && pod[2])
    return /^(?:node|nodes)$/.test(pod[1]) ? [{ node: pod[2] }] : [{ podNamespace: pod[1], podName: pod[2] }];
  // One word of a text ("timeout") is no name: names of machines and pods carry a digit or a hyphen.
  return NAME.test(word) && /[\d-]/.test(word) ? [{ node: word }, { podName: word }] : [];
}
