// Everything that a debug report read, part by part; a part that could not be read says why.
"use client";
import type { ReactNode } from "react";
import type { DebugReport, Part } from "../../../../../protocol/debug.ts";
import type { Text } from "../../../../../protocol/text.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Section } from "../../../../_ui/page-parts.tsx";

type Key = Exclude<keyof DebugReport, "v" | "kind" | "containerId" | "sandbox" | "at" | "tookMs" | "kernel">;

/** In the order in which they are read; what is abnormal stands above all of them. */
const TITLES: [Key, Text][] = [
  ["container", { en: "What the runtime says", zh: "运行时所述状态" }],
  ["processes", { en: "Processes", zh: "进程" }],
  ["cgroups", { en: "Control groups", zh: "cgroup" }],
  ["shims", { en: "Shims", zh: "Shim" }],
  ["runtimes", { en: "Runtimes", zh: "容器运行时" }],
  ["mounts", { en: "Mounts", zh: "挂载" }],
  ["network", { en: "Network", zh: "网络" }],
  ["dns", { en: "Name servers", zh: "DNS" }],
  ["views", { en: "/proc as it is seen (lxcfs)", zh: "所见的 /proc（lxcfs）" }],
  ["tables", { en: "Load and tables of the kernel", zh: "负载与内核资源表" }],
  ["log", { en: "Last lines of its log", zh: "日志末尾" }],
  ["kernelLog", { en: "Kernel log", zh: "内核日志" }],
  ["deletedFiles", { en: "Open files without a name", zh: "已删除但仍打开的文件" }],
  ["environment", { en: "Environment (secrets left out)", zh: "环境变量（已隐去机密）" }],
  ["image", { en: "Image and layers", zh: "镜像与层" }],
];

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;
const shown = (value: unknown): string =>
  isPlain(value)
    ? String(value ?? "–")
    : JSON.stringify(value)
        .replaceAll(/["{}[\]]/g, "")
        .replaceAll(",", ", ");

/** What scrolls is reached by the keyboard, here and below. */
function Rows({ rows }: { rows: readonly Record<string, unknown>[] }): ReactNode {
  const columns = Object.keys(rows[0] ?? {});
  return (
    <div tabIndex={0} className="overflow-x-auto rounded-md border bg-surface">
      <table className="w-full text-left text-xs tabular-nums">
        <thead className="text-muted">
          <tr>
            {columns.map((column) => (
              <th key={column} className="whitespace-nowrap px-2 py-1 font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={JSON.stringify(row)} className="border-t align-top">
              {columns.map((column) => (
                <td key={column} className="max-w-96 break-words px-2 py-1 font-mono">
                  {shown(row[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const isRows = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => !isPlain(one));

function Value({ value }: { value: unknown }): ReactNode {
  const text = useText();
  if (isRows(value)) return <Rows rows={value} />;
  if (Array.isArray(value)) {
    if (value.length === 0) return <p className="text-muted">{text({ en: "None.", zh: "无。" })}</p>;
    return (
      <pre tabIndex={0} className="max-h-96 overflow-auto rounded-md border bg-surface p-2 text-xs">
        {value.join("\n")}
      </pre>
    );
  }
  if (isPlain(value)) return <p className="font-mono text-xs">{shown(value)}</p>;
  const entries = Object.entries(value as object); // isPlain has sorted the others out
  const lists = entries.filter(([, one]) => Array.isArray(one) && one.length > 0);
  return (
    <div className="flex flex-col gap-2">
      <dl className="grid grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-x-6 gap-y-1">
        {entries
          .filter(([, one]) => !Array.isArray(one) || one.length === 0)
          .map(([name, one]) => (
            <div key={name} className="min-w-0">
              <dt className="text-muted text-xs">{name}</dt>
              <dd className="break-words font-mono text-xs">{shown(one)}</dd>
            </div>
          ))}
      </dl>
      {lists.map(([name, one]) => (
        <Value key={name} value={one} />
      ))}
    </div>
  );
}

export function ReportParts({ report }: { report: DebugReport }): ReactNode {
  const text = useText();
  return (
    <div className="mt-6 flex flex-col gap-5">
      <p className="text-muted text-xs">
        {text({
          en: `Read in ${report.tookMs} ms on kernel ${report.kernel}; nothing was changed.`,
          zh: `用时 ${report.tookMs} ms，内核 ${report.kernel}；未做任何改动。`,
        })}
      </p>
      {TITLES.map(([key, title]) => {
        const part: Part<unknown> = report[key];
        // What makes no sense for this subject is not missing.
        if (part.value === null && part.error?.startsWith("only of")) return null;
        return (
          <Section key={key} title={text(title)} note={part.ms > 0 ? `${Math.round(part.ms)} ms` : undefined}>
            {part.value === null ? <p className="text-muted">{part.error}</p> : <Value value={part.value} />}
          </Section>
        );
      })}
    </div>
  );
}
