// Inputs and outputs of the audit list. Client-safe.
import { z } from "zod";
import { Page, type Paged } from "../core/paging.ts";

export const ListAudit = Page.extend({ search: z.string().max(200).default("") });
export type AuditRow = {
  id: string;
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
};
export type AuditList = Paged<AuditRow>;
