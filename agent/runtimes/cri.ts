// CRI runtimes (containerd, CRI-O; v1, or v1alpha2 of older ones and PouchContainer) behind the Runtime interface.
import type { ContainerFact } from "../../protocol/facts.ts";
import { Refusal } from "../host/errors.ts";
import { configFrom, parseConfig, parseJson } from "./cri-config.ts";
import { ContainerConfig, containerd, cri, PodSandboxConfig } from "./cri-messages.ts";
import { networkOf } from "./cri-namespace.ts";
import { GrpcChannel, GrpcError, type Method } from "./grpc.ts";
import type { Draft, Message, MessageSpec } from "./protobuf.ts";
import {
  deadlines,
  type ImageInfo,
  type PodFact,
  type Runtime,
  type RuntimeDetails,
  type RuntimeSpec,
  type RuntimeVersion,
  socketPath,
} from "./types.ts";

/** What ContainerStatus tells and ContainerList does not; asked once per container and state. */
type Status = Pick<
  ContainerFact,
  "exitCode" | "reason" | "startedAt" | "finishedAt" | "pid" | "cpuLimitMillis" | "memoryLimitBytes"
>;

/** Of the CRI: state of a pod. */
const READY = 0;
/** Of containerd.v1.types.Status: paused, and pausing. */
const PAUSED = 4;

const containerStates = ["created", "running", "exited", "unknown"] as const;
const millis = (nanos: number): number => Math.floor(nanos / 1e6);
const instant = (nanos: number): number | null => (nanos > 0 ? millis(nanos) : null);
/** Labels that kubelet and every CRI client set; the fields say the same. */
const wellKnown = /^io\.kubernetes\./;
const ownLabels = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([key]) => !wellKnown.test(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export class CriRuntime implements Runtime {
  readonly spec: RuntimeSpec;
  readonly #channel: GrpcChannel;
  #isAlpha = false;
  /** One version of the API has answered. */
  #knowsApi = false;
  readonly #statuses = new Map<string, { state: number; status: Status }>();
  /** Image of the pods' own containers: nobody lists as using it, all need it. */
  #sandboxImage: string | null = null;
  readonly #podIps = new Map<string, { state: number; ip: string | null }>();

  constructor(spec: RuntimeSpec) {
    this.spec = spec;
    this.#channel = new GrpcChannel(socketPath(spec.endpoint));
  }

  /** Calls in the version of CRI that the server speaks; both have the same messages as far as they are used here. */
  async #call<Q extends MessageSpec, R extends MessageSpec>(
    method: Method<Q, R>,
    draft: Draft<Q>,
    deadlineMs: number,
    metadata: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Message<R>> {
    const isCri = method.path.startsWith("/runtime.v1.");
    const path = isCri && this.#isAlpha ? method.path.replace("/runtime.v1.", "/runtime.v1alpha2.") : method.path;
    try {
      const answer = await this.#channel.call({ ...method, path }, draft, deadlineMs, metadata, signal);
      if (isCri) this.#knowsApi = true;
      return answer;
    } catch (err) {
      const isOther = isCri && !this.#knowsApi && err instanceof GrpcError && err.code === "UNIMPLEMENTED";
      if (!isOther) throw err;
      const alpha = method.path.replace("/runtime.v1.", "/runtime.v1alpha2.");
      const answer = await this.#channel.call({ ...method, path: alpha }, draft, deadlineMs, metadata, signal);
      this.#isAlpha = true;
      this.#knowsApi = true;
      return answer;
    }
  }

  async version(): Promise<RuntimeVersion> {
    const answer = await this.#call(cri.version, {}, deadlines.probe);
    return {
      name: answer.runtime_name,
      version: answer.runtime_version.replace(/^v/, ""),
      apiVersion: answer.runtime_api_version || null,
    };
  }

  async details(): Promise<RuntimeDetails> {
    const answer = await this.#call(cri.status, { verbose: true }, deadlines.probe);
    const config = parseConfig(answer.info.config);
    this.#sandboxImage = config.sandboxImage;
    return {
      handlers: [
        ...new Set([...config.handlers, ...answer.runtime_handlers.map((h) => h.name).filter(Boolean)]),
      ].sort(),
      rootDir: config.rootDir,
      conditions: answer.status?.conditions ?? [],
      cni: config.cni,
    };
  }

  async containers(): Promise<ContainerFact[]> {
    const [{ containers }, { items }] = await Promise.all([
      this.#call(cri.listContainers, {}, deadlines.list),
      this.#call(cri.listPods, {}, deadlines.list),
    ]);
    const pods = new Map(items.map((pod) => [pod.id, pod]));
    const present = new Set(containers.map((c) => c.id));
    for (const id of this.#statuses.keys()) if (!present.has(id)) this.#statuses.delete(id);
    const facts: ContainerFact[] = [];
    for (const item of containers) {
      const status = await this.#status(item.id, item.state);
      const pod = pods.get(item.pod_sandbox_id);
      if (!status) continue; // removed between the two questions
      facts.push({
        id: item.id,
        runtime: this.spec.id,
        name: item.metadata?.name ?? item.id.slice(0, 12),
        podId: item.pod_sandbox_id || null,
        podName: pod?.metadata?.name ?? null,
        podNamespace: pod?.metadata?.namespace ?? null,
        podUid: pod?.metadata?.uid ?? null,
        image: item.image?.image ?? "",
        imageId: item.image_ref || null,
        handler: pod ? pod.runtime_handler || null : null,
        state: containerStates[item.state] ?? "unknown",
        createdAt: millis(item.created_at),
        attempt: item.metadata?.attempt ?? 0,
        labels: ownLabels(item.labels),
        ...status,
      });
    }
    return facts.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #status(id: string, state: number): Promise<Status | null> {
    const cached = this.#statuses.get(id);
    if (cached?.state === state) return cached.status;
    const answer = await this.#containerStatus(id);
    if (!answer?.status) return null;
    const { status, info } = answer;
    const linux = status.resources?.linux;
    const config = parseJson(info.info).config as { linux?: { resources?: Record<string, number> } } | undefined;
    const limits = config?.linux?.resources;
    const quota = linux?.cpu_quota || limits?.cpu_quota || 0;
    const period = linux?.cpu_period || limits?.cpu_period || 100_000;
    const memory = linux?.memory_limit_in_bytes || limits?.memory_limit_in_bytes || 0;
    const exited = status.finished_at > 0;
    const pid = Number(parseJson(info.info).pid ?? 0);
    const result: Status = {
      exitCode: exited ? status.exit_code : null,
      reason: status.reason || null,
      startedAt: instant(status.started_at),
      finishedAt: instant(status.finished_at),
      pid: !exited && pid > 0 ? pid : null,
      cpuLimitMillis: quota > 0 ? Math.round((quota / period) * 1_000) : null,
      memoryLimitBytes: memory > 0 ? memory : null,
    };
    this.#statuses.set(id, { state: status.state, status: result });
    return result;
  }

  async #containerStatus(id: string) {
    try {
      return await this.#call(cri.containerStatus, { container_id: id, verbose: true }, deadlines.list);
    } catch (err) {
      if (err instanceof GrpcError && err.code === "NOT_FOUND") return null;
      throw err;
    }
  }

  async pods(): Promise<PodFact[]> {
    const { items } = await this.#call(cri.listPods, {}, deadlines.list);
    const present = new Set(items.map((pod) => pod.id));
    for (const id of this.#podIps.keys()) if (!present.has(id)) this.#podIps.delete(id);
    const facts: PodFact[] = [];
    for (const pod of items) {
      facts.push({
        id: pod.id,
        runtime: this.spec.id,
        name: pod.metadata?.name ?? pod.id.slice(0, 12),
        namespace: pod.metadata?.namespace ?? "",
        uid: pod.metadata?.uid ?? "",
        ready: pod.state === 0,
        handler: pod.runtime_handler || null,
        ip: await this.#podIp(pod.id, pod.state),
        createdAt: millis(pod.created_at),
        labels: ownLabels(pod.labels),
        isKubelets: "io.kubernetes.pod.uid" in pod.labels,
      });
    }
    return facts.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #podIp(id: string, state: number): Promise<string | null> {
    const cached = this.#podIps.get(id);
    if (cached?.state === state) return cached.ip;
    try {
      const answer = await this.#call(cri.podStatus, { pod_sandbox_id: id, verbose: false }, deadlines.list);
      const ip = answer.status?.network?.ip || null;
      this.#podIps.set(id, { state, ip });
      return ip;
    } catch (err) {
      if (err instanceof GrpcError && err.code !== "DEADLINE_EXCEEDED") return null; // one broken sandbox must not hide the others
      throw err;
    }
  }

  async images(): Promise<ImageInfo[]> {
    const { images } = await this.#call(cri.listImages, {}, deadlines.list);
    return images
      .map((image) => ({
        id: image.id,
        runtime: this.spec.id,
        tags: [...image.repo_tags].sort(),
        digests: image.repo_digests,
        sizeBytes: image.size,
        pinned: image.pinned || (this.#sandboxImage !== null && image.repo_tags.includes(this.#sandboxImage)),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async tasks(namespace: string): Promise<Set<string>> {
    const header = { "containerd-namespace": namespace };
    try {
      const [{ tasks }, { containers }] = await Promise.all([
        this.#call(containerd.tasks, {}, deadlines.list, header),
        this.#call(containerd.containers, {}, deadlines.list, header),
      ]);
      return new Set([...tasks.flatMap((t) => [t.container_id, t.id]), ...containers.map((c) => c.id)].filter(Boolean));
    } catch (err) {
      if (err instanceof GrpcError && err.code === "UNIMPLEMENTED") return new Set(); // CRI-O has no such layer
      throw err;
    }
  }

  async isPaused(id: string): Promise<boolean> {
    try {
      const header = { "containerd-namespace": "k8s.io" };
      const { tasks } = await this.#call(containerd.tasks, {}, deadlines.list, header);
      return tasks.some((t) => (t.container_id || t.id) === id && t.status >= PAUSED);
    } catch (err) {
      if (err instanceof GrpcError && err.code === "UNIMPLEMENTED") return false; // CRI-O says paused itself
      throw err;
    }
  }

  async writableBytes(): Promise<Map<string, number>> {
    const { stats } = await this.#call(cri.listStats, {}, deadlines.list);
    return new Map(stats.map((s) => [s.attributes?.id ?? "", s.writable_layer?.used_bytes?.value ?? 0]));
  }

  async stopContainer(id: string, graceMs: number): Promise<void> {
    const timeout = Math.ceil(graceMs / 1_000);
    await this.#call(cri.stopContainer, { container_id: id, timeout }, graceMs + deadlines.change);
    this.#statuses.delete(id);
  }

  async prepareRevival(id: string): Promise<() => Promise<string>> {
    const { containers } = await this.#call(cri.listContainers, {}, deadlines.list);
    const old = containers.find((c) => c.id === id);
    if (!old) throw new Refusal("target-gone", `container ${id} is not known to ${this.spec.id}`);
    const [status, pod] = await Promise.all([
      this.#containerStatus(id),
      this.#call(cri.podStatus, { pod_sandbox_id: old.pod_sandbox_id, verbose: true }, deadlines.list),
    ]);
    const config = configFrom(ContainerConfig, parseJson(status?.info.info).config, "container");
    const sandbox = configFrom(PodSandboxConfig, parseJson(pod.info.info).config, "pod");
    const metadata = { name: old.metadata?.name ?? "", attempt: (old.metadata?.attempt ?? 0) + 1 };
    const request = { pod_sandbox_id: old.pod_sandbox_id, config: { ...config, metadata }, sandbox_config: sandbox };
    return async () => {
      const { container_id } = await this.#call(cri.createContainer, request, deadlines.change);
      await this.#call(cri.startContainer, { container_id }, deadlines.change);
      await this.#call(cri.removeContainer, { container_id: id }, deadlines.change);
      return container_id;
    };
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call(cri.removeContainer, { container_id: id }, deadlines.change);
    this.#statuses.delete(id);
  }

  async removePod(id: string): Promise<void> {
    await this.#call(cri.stopPod, { pod_sandbox_id: id }, deadlines.change);
    await this.#call(cri.removePod, { pod_sandbox_id: id }, deadlines.change);
  }

  async podNamespaces(): Promise<Set<string>> {
    const { items } = await this.#call(cri.listPods, {}, deadlines.list);
    const found = new Set<string>();
    for (const { id, state, metadata } of items) {
      try {
        const { status, info } = await this.#call(cri.podStatus, { pod_sandbox_id: id, verbose: true }, deadlines.list);
        const space = networkOf(info.info, status?.linux?.namespaces?.options?.network ?? 0);
        if (space !== null && space !== "none") found.add(space);
        // A runtime takes the namespace of a pod away when it stops it: only of one that is ready must it be known.
        if (space === null && state === READY)
          throw new Error(`${this.spec.id} does not say which network namespace pod ${metadata?.name ?? id} has`);
      } catch (err) {
        if (!(err instanceof GrpcError && err.code === "NOT_FOUND")) throw err; // removed between the two questions
      }
    }
    return found;
  }

  async logPath(id: string): Promise<string | null> {
    return (await this.#containerStatus(id))?.status?.log_path || null;
  }

  async removeImage(id: string): Promise<void> {
    await this.#call(cri.removeImage, { image: { image: id } }, deadlines.change);
  }

  async pullImage(image: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    await this.#call(cri.pullImage, { image: { image } }, deadlineMs, {}, signal);
  }

  close(): void {
    this.#channel.close();
  }
}
