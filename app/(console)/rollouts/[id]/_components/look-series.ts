// From the judge's looks to what is drawn and listed: one series per signal with its bands, and the newest numbers. Pure.
import type { Text } from "../../../../../protocol/text.ts";
import type { Look, LookSignal } from "../../../../../server/rollouts/schema.ts";
import { holeAfter } from "../../../../_ui/series.ts";

/** A moment of one signal; null where there was no data. Bands are [low, high]. */
export type BandPoint = {
  at: number;
  canary: number | null;
  canaryBand: [number, number] | null;
  control: number | null;
  controlBand: [number, number] | null;
  eValue: number | null;
};

export type SignalSeries = {
  id: string;
  title: Text;
  kind: LookSignal["kind"];
  points: BandPoint[];
  threshold: number;
  /** The newest numbers. */
  last: LookSignal;
};

type Arm = LookSignal["canary"];
const bandOf = ({ low, high }: Arm): [number, number] | null => (low === null || high === null ? null : [low, high]);

const pointOf = (at: number, signal: LookSignal): BandPoint => ({
  at,
  canary: signal.canary.value,
  canaryBand: bandOf(signal.canary),
  control: signal.control.value,
  controlBand: bandOf(signal.control),
  eValue: Number.isFinite(signal.eValue) ? signal.eValue : null,
});

const hole = (at: number): BandPoint => ({
  at,
  canary: null,
  canaryBand: null,
  control: null,
  controlBand: null,
  eValue: null,
});

/** Puts an empty point into every hole, so that nothing is drawn across missing looks. */
function withHoles(points: BandPoint[]): BandPoint[] {
  const most = holeAfter(points);
  return points.flatMap((point, i) => {
    const before = points[i - 1];
    return before && point.at - before.at > most ? [hole(before.at + 1), point] : [point];
  });
}

/** How near a signal is to its alarm: 1 is the alarm. What decided, or is the nearest to it, stands first. */
export const nearness = ({ eValue, threshold }: LookSignal): number =>
  threshold > 1 && eValue > 0 ? Math.log(Math.max(1, eValue)) / Math.log(threshold) : 0;

/** Signals of one wave, nearest to the alarm first. */
export function seriesOf(looks: readonly Look[], wave: number): SignalSeries[] {
  const ofWave = looks.filter((look) => look.wave === wave);
  const last = ofWave.at(-1);
  if (!last) return [];
  return last.signals
    .map((signal) => ({
      id: signal.id,
      title: signal.title,
      kind: signal.kind,
      threshold: signal.threshold,
      last: signal,
      points: withHoles(
        ofWave.map((look) => {
          const same = look.signals.find(({ id }) => id === signal.id);
          return same ? pointOf(look.at.getTime(), same) : hole(look.at.getTime());
        }),
      ),
    }))
    .sort((a, b) => nearness(b.last) - nearness(a.last));
}
