// Inputs and outputs of the container search. Client-safe.
import { z } from "zod";
import { type Facet, Page, type Paged } from "../core/paging.ts";

export const ListContainers = Page.extend({
  /** Id prefix, or part of name, pod or image. */
  search: z.string().max(200).default(""),
  state: z.array(z.enum(["created", "running", "paused", "exited", "unknown"])).default([]),
  node: z.string().optional(),
});

export type ContainerRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  runtime: string;
  name: string;
  podName: string | null;
  podNamespace: string | null;
  image: string;
  handler: string | null;
  state: string;
  exitCode: number | null;
  reason: string | null;
  attempt: number;
  pid: number | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  cpuLimitMillis: number | null;
  memoryLimitBytes: number | null;
  cpuUsedMillis: number | null;
  memoryUsedBytes: number | null;
};
export type ContainerList = Paged<ContainerRow> & { facets: { state: Facet[] } };
