// Paging as every list has it. Client-safe.
import { z } from "zod";

export const Page = z.object({
  page: z.number().int().min(1).default(1),
  pageSize: z.number().int().min(1).max(200).default(50),
});
export type Page = z.infer<typeof Page>;

export type Paged<Row> = { rows: Row[]; total: number; page: number; pageSize: number };
/** Values of a column with how many rows have each, for filter menus. */
export type Facet = { value: string; count: number };
