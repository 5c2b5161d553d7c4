// Whether a kubelet belongs to this node, running or not, also one that is a part of another program (k3s, RKE2, k0s, MicroK8s).
import { existsSync } from "node:fs";

/** What a kubelet keeps while it is stopped too. */
const PLACES = [
  "/var/lib/kubelet/config.yaml",
  "/etc/kubernetes/kubelet/kubelet-config.json",
  "/etc/kubernetes/kubelet.conf",
  "/var/lib/rancher/k3s/agent",
  "/var/lib/rancher/rke2/agent",
  "/var/lib/k0s/kubelet",
  "/var/snap/microk8s/current",
];

/** Something of a kubelet is on this node. */
export const hasKubeletFiles = (exists: (path: string) => boolean = existsSync): boolean =>
  PLACES.some((path) => exists(path));
