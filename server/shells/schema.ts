// Inputs and outputs of shells. Client-safe.
import { z } from "zod";
import { ShellNamespace } from "../../protocol/commands.ts";
import type { ShellEnd } from "../../protocol/messages.ts";
import type { Text } from "../../protocol/text.ts";
import { Page, type Paged } from "../core/paging.ts";

/** Shells that one person may have asked for or have open at once. */
export const SHELLS_EACH_MAX = 4;
/** A report older than this says nothing of the processes of now, ms. */
export const REPORT_FRESH_MS = 60 * 60_000;
/** Bytes that one call of `shells.type` takes. */
const TYPED_MAX = 16 * 1024;

export const RequestShell = z.object({
  /** Id or name. */
  node: z.string().min(1).max(253),
  /** A report of the debugger about a container there: the shell enters that container; without it the shell is the node's own. */
  report: z.uuid().optional(),
  /** What it enters of the container; all of them unless told. Without `mnt` the node's own tools are at hand. */
  namespaces: z
    .array(ShellNamespace)
    .max(ShellNamespace.options.length)
    .refine((names) => new Set(names).size === names.length, "named twice")
    .optional(),
  minutes: z.number().int().min(1).max(60),
  reason: z.string().trim().min(3).max(300),
});

export const ShellRef = z.object({ id: z.uuid() });

export const ListShells = Page.extend({
  node: z.string().max(253).optional(),
  state: z.enum(["live", "all"]).default("all"),
});

export const ReadShell = ShellRef.extend({ after: z.number().int().min(0).default(0) });

export const TypeIntoShell = ShellRef.extend({
  inputs: z
    .array(
      z.object({
        /** i: keys; r: the window's size as "COLSxROWS". */
        kind: z.enum(["i", "r"]),
        /** Bytes in base64: keys need not be text. */
        data: z.base64().max((TYPED_MAX * 4) / 3),
      }),
    )
    .min(1)
    .max(50),
});

export const shellStates = ["awaiting", "opening", "open", "ended", "refused"] as const;
export type ShellState = (typeof shellStates)[number];

export type ShellRow = {
  id: string;
  nodeId: string;
  nodeName: string;
  /** Null: the node's own shell. */
  containerId: string | null;
  /** Name of the container or of the node. */
  subject: string;
  namespaces: string[];
  minutes: number;
  reason: string;
  state: ShellState;
  requestedBy: string;
  isYours: boolean;
  createdAt: Date;
  openedAt: Date | null;
  deadlineAt: Date | null;
  endedAt: Date | null;
  endReason: ShellEnd | null;
  exitCode: number | null;
  outputBytes: number;
};
export type ShellList = Paged<ShellRow>;

export type ShellDetail = ShellRow & {
  /** Why it did not open, or what it still waits for. */
  outcome: Text | null;
  cols: number;
  rows: number;
  /** Last piece that is stored. */
  last: number;
};

/** `atMs` since it opened; `data` is base64. */
export type ShellPiece = { seq: number; atMs: number; data: string };
export type ShellOutput = {
  pieces: ShellPiece[];
  /** There is more behind the last of these now. */
  hasMore: boolean;
  isOver: boolean;
};

/** Whether shells can be opened on this console, by the dispatcher's own word; null while it has not said. */
export type ShellPolicy = { isAllowed: boolean | null; maxMinutes: number };
