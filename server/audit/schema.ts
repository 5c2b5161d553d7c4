// Inputs and outputs of the audit list. Client-safe.
import { z } from "zod";
import { type Facet, Page, type Paged } from "../core/paging.ts";

export const auditOutcomes = ["done", "refused", "denied", "failed"] as const;

export const ListAudit = Page.extend({
  /** In action, actor, address and the id of what was acted on; case-insensitive. */
  search: z.string().max(200).default(""),
  action: z.array(z.string().max(100)).max(50).default([]),
  /** "user:<id>", as `actor` of the rows. */
  actor: z.array(z.string().max(200)).max(50).default([]),
  outcome: z.array(z.string().max(20)).max(10).default([]),
  entity: z.string().max(50).optional(),
  entityId: z.string().max(200).optional(),
  from: z.date().optional(),
  /** Not included. */
  to: z.date().optional(),
});
export type ListAudit = z.infer<typeof ListAudit>;

export type AuditRow = {
  id: string;
  /** Place in the chain, without gaps. */
  seq: number;
  at: Date;
  actor: string;
  actorName: string;
  action: string;
  entity: string;
  entityId: string;
  nodeId: string | null;
  outcome: string;
  before: unknown;
  after: unknown;
  requestId: string | null;
  address: string | null;
  prevHash: string;
  hash: string;
};
export type AuditList = Paged<AuditRow> & {
  facets: { action: Facet[]; actor: (Facet & { name: string })[]; outcome: Facet[] };
};
