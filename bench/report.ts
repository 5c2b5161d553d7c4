// What every benchmark returns, and how it is shown to people. Pure; `./nodeops bench` prints or saves it.

export type Unit = "ms" | "bytes" | "cpu-ms/min" | "bytes/min" | "per min" | "count" | "cores";

/** One quantity with every sample of this run. */
export type Figure = {
  name: string;
  unit: Unit;
  samples: number[];
  /** What the number includes or leaves out. */
  note?: string;
};

/** Figures measured together, under the load of that time. */
export type Group = {
  title: string;
  figures: Figure[];
  /** Why nothing was measured, in words. */
  skipped?: string;
  /** What did not work while measuring. */
  failures: string[];
  load?: Load;
};

/** How busy the machine was meanwhile. `busyRatio` is over all cores and counts us too. */
export type Load = { loadAverage1: number; busyRatio: number };

export type Report = {
  bench: string;
  /** Instant the run began, ISO 8601. */
  at: string;
  commit: string;
  settings: Record<string, number>;
  /** Machine and versions, by name. */
  machine: Record<string, string>;
  groups: Group[];
};

/** The middle sample; the mean of the two in the middle of an even number. NaN when there is none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** A number with its unit, to three digits: "8.45 s", "61.2 MiB", "182 ms/min". */
export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return "–";
  switch (unit) {
    case "ms":
      return value < 1_000 ? `${digits(value)} ms` : `${digits(value / 1_000)} s`;
    case "bytes":
      return bytes(value);
    case "bytes/min":
      return `${bytes(value)}/min`;
    case "cpu-ms/min":
      return `${digits(value)} ms/min`;
    case "per min":
      return `${digits(value)} /min`;
    case "count":
      return value.toLocaleString("en-US");
    case "cores":
      return `${value.toFixed(3)} cores`;
  }
}

function bytes(value: number): string {
  if (value < 1_024) return `${digits(value)} B`;
  return value < 1_048_576 ? `${digits(value / 1_024)} KiB` : `${digits(value / 1_048_576)} MiB`;
}

// Three significant digits, but never fewer than the whole number.
const digits = (value: number): string =>
  value.toFixed(value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2);

/** The report as lines of text. */
export function renderReport(report: Report): string[] {
  const facts = { ...report.machine, commit: report.commit, ...report.settings };
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(14)} ${value}`);
  for (const group of report.groups) lines.push("", ...renderGroup(group));
  return lines;
}

/** One group as lines of text. */
export function renderGroup({ title, figures, skipped, failures, load }: Group): string[] {
  const busy = load
    ? `   (load ${load.loadAverage1.toFixed(1)}, machine ${Math.round(load.busyRatio * 100)} % busy)`
    : "";
  const lines = [`${title}${busy}`];
  if (skipped) lines.push(`  skipped: ${skipped}`);
  const rows = figures.map(({ name, unit, samples, note = "" }) => {
    const range =
      samples.length > 1
        ? `${formatValue(Math.min(...samples), unit)} to ${formatValue(Math.max(...samples), unit)}, n ${samples.length}`
        : "";
    return [name, formatValue(median(samples), unit), range, note];
  });
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const [first, second, third] = [width(0), width(1), width(2)];
  for (const [name = "", value = "", range = "", note = ""] of rows)
    lines.push(`  ${name.padEnd(first)}  ${value.padStart(second)}  ${range.padEnd(third)}  ${note}`.trimEnd());
  for (const failure of failures) lines.push(`  failed: ${failure}`);
  return lines;
}
