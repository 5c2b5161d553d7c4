// The part of the CRI v1 wire contract (runtime.v1) that the agent uses, and of containerd's own API: field numbers are fixed by the interface.
import { method } from "./grpc.ts";
import type { MessageSpec } from "./protobuf.ts";

const spec = <const S extends MessageSpec>(fields: S): S => fields;
const Empty = spec({});

const Metadata = spec({ name: [1, "string"], uid: [2, "string"], namespace: [3, "string"], attempt: [4, "int"] });
const ContainerMetadata = spec({ name: [1, "string"], attempt: [2, "int"] });
const ImageSpec = spec({ image: [1, "string"], annotations: [2, "map"] });
const Int64Value = spec({ value: [1, "int"] });

const HugepageLimit = spec({ page_size: [1, "string"], limit: [2, "int"] });
const LinuxResources = spec({
  cpu_period: [1, "int"],
  cpu_quota: [2, "int"],
  cpu_shares: [3, "int"],
  memory_limit_in_bytes: [4, "int"],
  oom_score_adj: [5, "int"],
  cpuset_cpus: [6, "string"],
  cpuset_mems: [7, "string"],
  hugepage_limits: [8, [HugepageLimit]],
  unified: [9, "map"],
  memory_swap_limit_in_bytes: [10, "int"],
});
const Capability = spec({
  add_capabilities: [1, ["string"]],
  drop_capabilities: [2, ["string"]],
  add_ambient_capabilities: [3, ["string"]],
});
const IdMapping = spec({ host_id: [1, "int"], container_id: [2, "int"], length: [3, "int"] });
const UserNamespace = spec({ mode: [1, "int"], uids: [2, [IdMapping]], gids: [3, [IdMapping]] });
const NamespaceOption = spec({
  network: [1, "int"],
  pid: [2, "int"],
  ipc: [3, "int"],
  target_id: [4, "string"],
  userns_options: [5, UserNamespace],
});
const SELinuxOption = spec({ user: [1, "string"], role: [2, "string"], type: [3, "string"], level: [4, "string"] });
const SecurityProfile = spec({ profile_type: [1, "int"], localhost_ref: [2, "string"] });
const ContainerSecurity = spec({
  capabilities: [1, Capability],
  privileged: [2, "bool"],
  namespace_options: [3, NamespaceOption],
  selinux_options: [4, SELinuxOption],
  run_as_user: [5, Int64Value],
  run_as_username: [6, "string"],
  readonly_rootfs: [7, "bool"],
  supplemental_groups: [8, ["int"]],
  apparmor_profile: [9, "string"],
  seccomp_profile_path: [10, "string"],
  no_new_privs: [11, "bool"],
  run_as_group: [12, Int64Value],
  masked_paths: [13, ["string"]],
  readonly_paths: [14, ["string"]],
  seccomp: [15, SecurityProfile],
  apparmor: [16, SecurityProfile],
});
const KeyValue = spec({ key: [1, "string"], value: [2, "string"] });
const MountSpec = spec({
  container_path: [1, "string"],
  host_path: [2, "string"],
  readonly: [3, "bool"],
  selinux_relabel: [4, "bool"],
  propagation: [5, "int"],
});
const Device = spec({ container_path: [1, "string"], host_path: [2, "string"], permissions: [3, "string"] });

/** Whole, since a container is made anew from it: a field that is not here makes the agent refuse. */
export const ContainerConfig = spec({
  metadata: [1, ContainerMetadata],
  image: [2, ImageSpec],
  command: [3, ["string"]],
  args: [4, ["string"]],
  working_dir: [5, "string"],
  envs: [6, [KeyValue]],
  mounts: [7, [MountSpec]],
  devices: [8, [Device]],
  labels: [9, "map"],
  annotations: [10, "map"],
  log_path: [11, "string"],
  stdin: [12, "bool"],
  stdin_once: [13, "bool"],
  tty: [14, "bool"],
  linux: [15, { resources: [1, LinuxResources], security_context: [2, ContainerSecurity] }],
});

const SandboxSecurity = spec({
  namespace_options: [1, NamespaceOption],
  selinux_options: [2, SELinuxOption],
  run_as_user: [3, Int64Value],
  readonly_rootfs: [4, "bool"],
  supplemental_groups: [5, ["int"]],
  privileged: [6, "bool"],
  seccomp_profile_path: [7, "string"],
  run_as_group: [8, Int64Value],
  seccomp: [9, SecurityProfile],
  apparmor: [10, SecurityProfile],
});
export const PodSandboxConfig = spec({
  metadata: [1, Metadata],
  hostname: [2, "string"],
  log_directory: [3, "string"],
  dns_config: [4, { servers: [1, ["string"]], searches: [2, ["string"]], options: [3, ["string"]] }],
  port_mappings: [
    5,
    [{ protocol: [1, "int"], container_port: [2, "int"], host_port: [3, "int"], host_ip: [4, "string"] }],
  ],
  labels: [6, "map"],
  annotations: [7, "map"],
  linux: [
    8,
    {
      cgroup_parent: [1, "string"],
      security_context: [2, SandboxSecurity],
      sysctls: [3, "map"],
      overhead: [4, LinuxResources],
      resources: [5, LinuxResources],
    },
  ],
});

const PodSandbox = spec({
  id: [1, "string"],
  metadata: [2, Metadata],
  state: [3, "int"],
  created_at: [4, "int"],
  labels: [5, "map"],
  runtime_handler: [7, "string"],
});
const PodStatus = spec({
  id: [1, "string"],
  network: [5, { ip: [1, "string"] }],
  linux: [6, { namespaces: [1, { options: [2, NamespaceOption] }] }],
});
const Container = spec({
  id: [1, "string"],
  pod_sandbox_id: [2, "string"],
  metadata: [3, ContainerMetadata],
  image: [4, ImageSpec],
  image_ref: [5, "string"],
  state: [6, "int"],
  created_at: [7, "int"],
  labels: [8, "map"],
});
const ContainerStatus = spec({
  id: [1, "string"],
  state: [3, "int"],
  created_at: [4, "int"],
  started_at: [5, "int"],
  finished_at: [6, "int"],
  exit_code: [7, "int"],
  reason: [10, "string"],
  log_path: [15, "string"],
  resources: [16, { linux: [1, LinuxResources] }],
});
const Image = spec({
  id: [1, "string"],
  repo_tags: [2, ["string"]],
  repo_digests: [3, ["string"]],
  size: [4, "int"],
  pinned: [8, "bool"],
});
const ContainerStats = spec({
  attributes: [1, { id: [1, "string"] }],
  writable_layer: [4, { used_bytes: [3, { value: [1, "int"] }] }],
});

const runtime = "/runtime.v1.RuntimeService/";
const image = "/runtime.v1.ImageService/";
const byContainer = spec({ container_id: [1, "string"] });

/** Methods of CRI v1. */
export const cri = {
  version: method(
    `${runtime}Version`,
    { version: [1, "string"] },
    { runtime_name: [2, "string"], runtime_version: [3, "string"], runtime_api_version: [4, "string"] },
  ),
  status: method(
    `${runtime}Status`,
    { verbose: [1, "bool"] },
    {
      status: [
        1,
        {
          conditions: [
            1,
            [{ type: [1, "string"], status: [2, "bool"], reason: [3, "string"], message: [4, "string"] }],
          ],
        },
      ],
      info: [2, "map"],
      runtime_handlers: [3, [{ name: [1, "string"] }]],
    },
  ),
  listPods: method(`${runtime}ListPodSandbox`, Empty, { items: [1, [PodSandbox]] }),
  podStatus: method(
    `${runtime}PodSandboxStatus`,
    { pod_sandbox_id: [1, "string"], verbose: [2, "bool"] },
    { status: [1, PodStatus], info: [2, "map"] },
  ),
  stopPod: method(`${runtime}StopPodSandbox`, { pod_sandbox_id: [1, "string"] }, Empty),
  removePod: method(`${runtime}RemovePodSandbox`, { pod_sandbox_id: [1, "string"] }, Empty),
  listContainers: method(`${runtime}ListContainers`, Empty, { containers: [1, [Container]] }),
  containerStatus: method(
    `${runtime}ContainerStatus`,
    { container_id: [1, "string"], verbose: [2, "bool"] },
    { status: [1, ContainerStatus], info: [2, "map"] },
  ),
  listStats: method(`${runtime}ListContainerStats`, Empty, { stats: [1, [ContainerStats]] }),
  stopContainer: method(`${runtime}StopContainer`, { container_id: [1, "string"], timeout: [2, "int"] }, Empty),
  removeContainer: method(`${runtime}RemoveContainer`, byContainer, Empty),
  startContainer: method(`${runtime}StartContainer`, byContainer, Empty),
  createContainer: method(
    `${runtime}CreateContainer`,
    { pod_sandbox_id: [1, "string"], config: [2, ContainerConfig], sandbox_config: [3, PodSandboxConfig] },
    { container_id: [1, "string"] },
  ),
  listImages: method(`${image}ListImages`, Empty, { images: [1, [Image]] }),
  pullImage: method(`${image}PullImage`, { image: [1, ImageSpec] }, { image_ref: [1, "string"] }),
  removeImage: method(`${image}RemoveImage`, { image: [1, ImageSpec] }, Empty),
};

/** containerd's own records and tasks, below CRI; calls carry the header `containerd-namespace`. */
export const containerd = {
  tasks: method("/containerd.services.tasks.v1.Tasks/List", Empty, {
    // status of containerd.v1.types.Process: 1 created, 2 running, 3 stopped, 4 paused, 5 pausing
    tasks: [1, [{ container_id: [1, "string"], id: [2, "string"], status: [4, "int"] }]],
  }),
  containers: method("/containerd.services.containers.v1.Containers/List", Empty, {
    containers: [1, [{ id: [1, "string"] }]],
  }),
};
