// The live page of a rollout: how it stands and why, what can be done, the waves, canary against control, the nodes, the budget, everything that happened.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { parseAsInteger, useQueryState } from "nuqs";
import { type ReactNode, useEffect } from "react";
import { isFinal, type RolloutDetail } from "../../../../../server/rollouts/schema.ts";
import { duration } from "../../../../_lib/format.ts";
import { useCan } from "../../../../_lib/use-me.ts";
import { useNow } from "../../../../_lib/use-now.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { useTRPC } from "../../../../_trpc/client.ts";
import { BudgetSums } from "../../../../_ui/budget-sum.tsx";
import { ButtonLink } from "../../../../_ui/button.tsx";
import { QueryView, Skeleton } from "../../../../_ui/feedback.tsx";
import { PageHeader, Panel, Section } from "../../../../_ui/page-parts.tsx";
import { RiskBadge } from "../../../../_ui/risk-badge.tsx";
import { SteerButtons, shownActs } from "../../../../_ui/rollout-actions.tsx";
import { RolloutBadge, RolloutProgress } from "../../../../_ui/rollout-badge.tsx";
import { phaseLook } from "../../../../_ui/rollout-look.ts";
import { toneText } from "../../../../_ui/state.ts";
import { JudgePanel } from "./judge-panel.tsx";
import { LeftOut } from "./left-out.tsx";
import { RolloutDetails } from "./rollout-details.tsx";
import { RolloutEvents } from "./rollout-events.tsx";
import { RolloutNotices, Why } from "./rollout-notices.tsx";
import { Targets } from "./targets.tsx";
import { WaveStrip } from "./wave-strip.tsx";

/** While it goes on it is read this often even without hints, ms: soaking is a matter of time. */
const WATCH_MS = 3_000;

function RolloutSkeleton(): ReactNode {
  return (
    <>
      <Skeleton className="mb-2 h-7 w-72" />
      <Skeleton className="mb-6 h-4 w-96 max-w-full" />
      <Skeleton className="mb-6 h-28" />
      <Skeleton className="h-80" />
    </>
  );
}

/** When the wave and all of it end, as far as anybody can say. */
function Eta({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations("rollout");
  const now = useNow();
  const { waveAt, endAt } = rollout.eta;
  if (rollout.phase !== "running") return null;
  const inTime = (at: number): string => {
    const { value, unit } = duration(Math.max(0, at - now));
    return `${value} ${unit}`;
  };
  return (
    <span className="text-muted">
      {waveAt !== null && t("waveEndsIn", { time: inTime(waveAt) })}
      {waveAt !== null && " · "}
      {endAt === null ? t("etaUnknown") : t("endsIn", { time: inTime(endAt) })}
    </span>
  );
}

function Content({ rollout }: { rollout: RolloutDetail }): ReactNode {
  const t = useTranslations();
  const text = useText();
  const mayRun = useCan("rollouts:run");
  const [chosen, setChosen] = useQueryState("wave", parseAsInteger);
  const title = rollout.title || text(rollout.summary);
  useEffect(() => {
    document.title = `${title} · NodeOps Center`;
  }, [title]);
  const at = chosen === null ? null : Math.min(Math.max(0, chosen - 1), Math.max(0, rollout.state.waves.length - 1));
  return (
    <>
      <div className="-mx-4 mb-5 border-b bg-bg px-4 pb-3 sm:-mx-6 sm:px-6 md:sticky md:top-12 md:z-20">
        <PageHeader
          up={{ href: "/rollouts", label: t("nav.rollouts") }}
          title={title}
          lead={
            <span className="flex flex-wrap items-baseline gap-x-3">
              <span role="status">
                <RolloutBadge rollout={rollout} />
              </span>
              {rollout.title !== "" && <span className="min-w-0 break-words">{text(rollout.summary)}</span>}
              <RiskBadge risk={rollout.risk} />
              {rollout.lane === "fast" && (
                <span className="font-medium text-degraded text-xs">{t("wizard.lane_fast")}</span>
              )}
            </span>
          }
          actions={
            mayRun && (
              <>
                <SteerButtons
                  id={rollout.id}
                  title={title}
                  actions={rollout.actions}
                  only={shownActs(rollout)}
                  hasHotkeys
                />
                {isFinal(rollout.phase) && (
                  <ButtonLink href={`/rollouts/new?again=${rollout.id}`}>{t("rollout.again")}</ButtonLink>
                )}
              </>
            )
          }
        />
        <div className="-mt-2 flex flex-wrap items-baseline gap-x-4 gap-y-1">
          <RolloutProgress rollout={rollout} />
          <p
            className={`min-w-0 break-words font-medium ${rollout.phase === "halted" ? toneText[phaseLook.halted.tone] : ""}`}
          >
            <Why rollout={rollout} />
          </p>
          <Eta rollout={rollout} />
        </div>
      </div>
      <RolloutNotices rollout={rollout} />
      <div className="flex flex-col gap-7">
        <Section title={t("rollout.waves")} note={t("rollout.wavesNote")}>
          <WaveStrip
            rollout={rollout}
            chosen={at}
            onChoose={(wave) => void setChosen(wave === null ? null : wave + 1)}
          />
        </Section>
        {rollout.startedAt && <JudgePanel rollout={rollout} wave={at ?? rollout.wave} />}
        <LeftOut rollout={rollout} />
        <Targets rollout={rollout} wave={at} />
        <div className="grid grid-cols-1 gap-x-6 gap-y-7 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <RolloutEvents id={rollout.id} />
          <Section title={t("nav.budget")}>
            <Panel className="p-4">
              {rollout.budget.length === 0 ? (
                <p className="text-muted">{t("rollout.noBudget")}</p>
              ) : (
                <BudgetSums budgets={rollout.budget} />
              )}
            </Panel>
          </Section>
        </div>
        <RolloutDetails rollout={rollout} />
      </div>
    </>
  );
}

export function RolloutView({ id }: { id: string }): ReactNode {
  const trpc = useTRPC();
  const rollout = useQuery(
    trpc.rollouts.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data && isFinal(state.data.phase) ? false : WATCH_MS) },
    ),
  );
  return (
    <QueryView query={rollout} skeleton={<RolloutSkeleton />}>
      {(data) => <Content rollout={data} />}
    </QueryView>
  );
}
