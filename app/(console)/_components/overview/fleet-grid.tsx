// The fleet as cells: one a node, shape and colour by health, grouped. One hover card serves all cells.
"use client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { memo, type ReactNode, useMemo, useState } from "react";
import { nodeStates } from "../../../../server/nodes/schema.ts";
import type { NodeCell } from "../../../../server/overview/schema.ts";
import { cn } from "../../../_ui/cn.ts";
import { nodeLook, type Tone } from "../../../_ui/state.ts";
import { StateBadge, StateShape } from "../../../_ui/state-badge.tsx";
import { RelativeTime } from "../../../_ui/values.tsx";
import { type CellGroup, type Grouping, groupCells } from "./group-cells.ts";

/** More nodes than this in one group are shown as counts: that many links help nobody. */
const CELLS_PER_GROUP = 3_000;

const cellFill: Record<Tone, string> = {
  healthy: "bg-healthy-cell",
  degraded: "bg-degraded-cell",
  unhealthy: "bg-unhealthy-cell",
  silent: "bg-silent-cell border border-dashed border-silent",
  unknown: "bg-unknown-cell",
  maintenance: "bg-maintenance-cell",
  accent: "bg-accent-soft",
};

const Cell = memo(function Cell({ cell, label }: { cell: NodeCell; label: string }): ReactNode {
  const look = nodeLook[cell.state];
  return (
    <Link
      href={`/nodes/${cell.id}`}
      prefetch={false}
      aria-label={label}
      data-cell={cell.id}
      className={cn(
        "flex size-6 items-center justify-center rounded-[4px] hover:ring-2 hover:ring-text sm:size-5.5",
        cellFill[look.tone],
      )}
    >
      {cell.state !== "healthy" && <StateShape look={look} />}
    </Link>
  );
});

function GroupSummary({ group, by }: { group: CellGroup; by: Grouping }): ReactNode {
  const t = useTranslations();
  return (
    <div className="mb-1.5 flex flex-wrap items-baseline gap-x-3">
      <h3 className="break-all font-medium">
        {by === "zone" ? (
          <Link href={`/nodes?pool=${encodeURIComponent(group.key)}`} className="hover:underline">
            {group.label}
          </Link>
        ) : (
          group.label || t("common.unknown")
        )}
      </h3>
      <span className="text-muted text-xs">{t("overview.nodes", { count: group.total })}</span>
      {nodeStates
        .filter((state) => state !== "healthy" && group.byState[state])
        .map((state) => (
          <StateBadge
            key={state}
            look={nodeLook[state]}
            label={`${group.byState[state]} ${t(`nodeState.${state}`)}`}
            className="text-xs"
          />
        ))}
    </div>
  );
}

type Hover = { cell: NodeCell; x: number; y: number };

function HoverCard({ hover }: { hover: Hover }): ReactNode {
  const t = useTranslations();
  const { cell } = hover;
  return (
    <div
      role="presentation"
      style={{ left: hover.x, top: hover.y }}
      className="pointer-events-none absolute z-20 w-60 rounded-md border bg-surface p-2.5 shadow-float"
    >
      <p className="truncate font-medium">{cell.name}</p>
      <p className="flex items-center gap-2">
        <StateBadge look={nodeLook[cell.state]} label={t(`nodeState.${cell.state}`)} />
        <RelativeTime at={cell.since} bare className="text-muted text-xs" />
      </p>
      <p className="mt-1 text-muted text-xs">{[cell.pool, cell.zone].filter(Boolean).join(" · ")}</p>
      <p className="truncate text-muted text-xs">{cell.runtimes}</p>
      <p className="truncate text-muted text-xs">{cell.kernel}</p>
      {cell.findingCount > 0 && (
        <p className="mt-1 text-xs">{t("overview.findingCount", { count: cell.findingCount })}</p>
      )}
    </div>
  );
}

/** @param cells every node once */
export function FleetGrid({ cells, by }: { cells: NodeCell[]; by: Grouping }): ReactNode {
  const t = useTranslations();
  const groups = useMemo(() => groupCells(cells, by), [cells, by]);
  const byId = useMemo(() => new Map(cells.map((cell) => [cell.id, cell])), [cells]);
  const [hover, setHover] = useState<Hover | null>(null);

  const show = (target: EventTarget, frame: HTMLElement): void => {
    const link = target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
    const cell = link ? byId.get(link.dataset.cell ?? "") : undefined;
    if (!link || !cell) {
      setHover(null);
      return;
    }
    const box = link.getBoundingClientRect();
    const outer = frame.getBoundingClientRect();
    setHover({
      cell,
      x: Math.max(0, Math.min(box.left - outer.left, outer.width - 244)),
      y: box.bottom - outer.top + 6,
    });
  };

  return (
    <div
      role="presentation"
      className="relative flex flex-wrap gap-x-10 gap-y-5 p-4"
      onPointerOver={(event) => event.pointerType === "mouse" && show(event.target, event.currentTarget)}
      onPointerLeave={() => setHover(null)}
      onFocus={(event) => show(event.target, event.currentTarget)}
      onBlur={() => setHover(null)}
    >
      {groups.map((group) => (
        <div key={group.key} className="max-w-full">
          <GroupSummary group={group} by={by} />
          {group.total > CELLS_PER_GROUP ? (
            <p className="text-muted">{t("overview.tooManyCells")}</p>
          ) : (
            <div className="flex flex-wrap gap-x-5 gap-y-2.5">
              {group.parts.map((part) => (
                <div key={part.key} className="min-w-0">
                  {part.label && <p className="mb-1 truncate text-muted text-xs">{part.label}</p>}
                  <div className="flex flex-wrap gap-[3px]">
                    {part.cells.map((cell) => (
                      <Cell key={cell.id} cell={cell} label={`${cell.name}, ${t(`nodeState.${cell.state}`)}`} />
                    ))}
                  </div>
                </div>
              ))}
            </div>
          )}
        </div>
      ))}
      {hover && <HoverCard hover={hover} />}
    </div>
  );
}
