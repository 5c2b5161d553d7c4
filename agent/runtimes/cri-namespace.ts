// Which network namespace a CRI runtime gave to a pod, from its verbose answer. Pure.
import { parseJson } from "./cri-config.ts";

/** Of the OCI runtime specification. */
type Namespace = { type: string; path?: string };
/** NamespaceMode of the CRI: the namespace is the node's own. */
const OF_THE_NODE = 2;

/**
 * The network namespace of a pod: its path, "none" where it has none of its own or none that is pinned, null where the answer does not say.
 * @param info the runtime's verbose answer: its OCI specification, or containerd's record of the sandbox where another program makes it
 * @param mode NamespaceMode of the network in the pod's status
 */
export function networkOf(info: string | undefined, mode: number): string | null {
  const { runtimeSpec, sandboxMetadata } = parseJson(info) as {
    runtimeSpec?: { linux?: { namespaces?: Namespace[] } };
    sandboxMetadata?: { NetNSPath?: string; Metadata?: { NetNSPath?: string } };
  };
  const namespaces = runtimeSpec?.linux?.namespaces;
  if (Array.isArray(namespaces)) {
    const path = namespaces.find(({ type }) => type === "network")?.path;
    if (path) return path;
  }
  const path = sandboxMetadata?.NetNSPath || sandboxMetadata?.Metadata?.NetNSPath;
  if (path) return path;
  return Array.isArray(namespaces) || mode === OF_THE_NODE ? "none" : null;
}
