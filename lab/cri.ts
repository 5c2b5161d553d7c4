// A small CRI v1 client: what the lab needs to run and inspect pods on a node's containerd.
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A pod sandbox as listed. */
export interface PodSandbox {
  id: string;
  metadata: { name: string; uid: string; namespace: string; attempt: number };
  state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  labels: Record<string, string>;
  runtime_handler: string;
}

/** A container as listed. */
export interface Container {
  id: string;
  pod_sandbox_id: string;
  metadata: { name: string; attempt: number };
  image: { image: string };
  state: "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED" | "CONTAINER_UNKNOWN";
  labels: Record<string, string>;
}

/** An image as listed. */
export interface Image {
  id: string;
  repo_tags: string[];
  size: number;
}

interface Calls {
  Version: { runtime_name: string; runtime_version: string };
  Status: { status: { conditions: { type: string; status: boolean; reason: string; message: string }[] } };
  RunPodSandbox: { pod_sandbox_id: string };
  StopPodSandbox: object;
  RemovePodSandbox: object;
  ListPodSandbox: { items: PodSandbox[] };
  CreateContainer: { container_id: string };
  StartContainer: object;
  StopContainer: object;
  RemoveContainer: object;
  ListContainers: { containers: Container[] };
  ContainerStatus: {
    /** Instants in ns since the epoch; beyond 2^53, so only roughly. */
    status: {
      id: string;
      metadata: { name: string; attempt: number };
      state: Container["state"];
      created_at: number;
      started_at: number;
      exit_code: number;
    };
    info: Record<string, string>;
  };
  ExecSync: { stdout: Buffer; stderr: Buffer; exit_code: number };
  ListImages: { images: Image[] };
  PullImage: { image_ref: string };
  RemoveImage: object;
}

/** Calls one CRI method; rejects with the gRPC error. `timeoutMs` default 20 s; waits for a daemon that is just starting. */
export type Cri = <M extends keyof Calls>(method: M, request?: object, timeoutMs?: number) => Promise<Calls[M]>;

type Method = (
  request: object,
  metadata: grpc.Metadata,
  options: { deadline: number },
  done: (error: grpc.ServiceError | null, reply: unknown) => void,
) => void;

const definition = loadSync(fileURLToPath(new URL("./cri.proto", import.meta.url)), {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
});

/** Opens a client on a socket path, hands it to `use`, and closes it whatever happens. */
export async function withCri<T>(socket: string, use: (cri: Cri) => Promise<T>): Promise<T> {
  const { v1 } = grpc.loadPackageDefinition(definition).runtime as unknown as {
    v1: Record<"RuntimeService" | "ImageService", grpc.ServiceClientConstructor>;
  };
  const options = {
    "grpc.default_authority": "localhost", // Go servers refuse an authority with slashes
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  };
  const credentials = grpc.credentials.createInsecure();
  const clients = [v1.RuntimeService, v1.ImageService].map(
    (Service) => new Service(`unix:${socket}`, credentials, options),
  );
  // waiting for a starting daemon and waiting for an answer end in the same error: the channel knows which it was
  const reason = (error: grpc.ServiceError, client: grpc.Client): string =>
    error.code === grpc.status.DEADLINE_EXCEEDED &&
    client.getChannel().getConnectivityState(false) !== grpc.connectivityState.READY
      ? `nobody accepts at ${socket}: ${error.message}`
      : error.message;
  const cri: Cri = (method, request = {}, timeoutMs = 20_000) =>
    new Promise((resolve, reject) => {
      const client = clients.find((c) => method in c);
      const call = client && (client as unknown as Record<string, Method>)[method];
      if (!call) return reject(new Error(`no CRI method ${method}`));
      const deadline = Date.now() + timeoutMs;
      call.call(client, request, new grpc.Metadata({ waitForReady: true }), { deadline }, (error, reply) =>
        error ? reject(new Error(`${method}: ${reason(error, client)}`)) : resolve(reply as Calls[typeof method]),
      );
    });
  try {
    return await use(cri);
  } finally {
    for (const client of clients) client.close();
  }
}

/** The containerd socket of the node whose first process is `pid`, as the machine sees it. */
export const nodeSocket = (pid: number): string => `/proc/${pid}/root/run/containerd/containerd.sock`;
