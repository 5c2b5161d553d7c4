// The recording of a shell that is over: its last screen first, played when asked, faster, or from any point.
"use client";
import { Download, Pause, Play } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { type Printed, toCast, toReplay } from "../../../../../parsers/asciicast.ts";
import type { ShellDetail } from "../../../../../server/shells/schema.ts";
import { download } from "../../../../_lib/export.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Button } from "../../../../_ui/button.tsx";
import { EmptyState, Skeleton } from "../../../../_ui/feedback.tsx";
import { type Screen, TerminalScreen } from "../../../../_ui/terminal.tsx";
import { useStream } from "./use-stream.ts";

const SPEEDS = [1, 2, 4, 8] as const;
const TICK_MS = 50;
/** Of the slider. */
const STEP_MS = 100;

const clock = (ms: number): string => {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Reads everything, then plays it. */
export function Replay({ shell }: { shell: ShellDetail }): ReactNode {
  const text = useText();
  const recording = useRef<Printed[]>([]);
  const isWhole = useStream(shell.id, (pieces) => recording.current.push(...pieces));
  if (shell.outputBytes === 0)
    return (
      <EmptyState title={text({ en: "Nothing was printed", zh: "没有任何输出" })}>
        {text({ en: "There is nothing to replay.", zh: "没有可回放的内容。" })}
      </EmptyState>
    );
  return isWhole ? <Player shell={shell} recording={recording.current} /> : <Skeleton className="h-96" />;
}

function Player({ shell, recording }: { shell: ShellDetail; recording: Printed[] }): ReactNode {
  const text = useText();
  const [{ pieces, lengthMs }] = useState(() => toReplay(recording));
  const [at, setAt] = useState(lengthMs);
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(1);
  const screen = useRef<Screen | null>(null);
  /** Pieces on the screen. */
  const shown = useRef(0);

  const show = (until: number): void => {
    const end = pieces.findIndex(({ atMs }) => atMs > until);
    const count = end < 0 ? pieces.length : end;
    if (count < shown.current) {
      screen.current?.reset();
      shown.current = 0;
    }
    for (const { data } of pieces.slice(shown.current, count)) screen.current?.write(data);
    shown.current = count;
  };
  const position = useRef(lengthMs);
  const goTo = (ms: number): void => {
    position.current = ms;
    setAt(ms);
    show(ms);
  };
  const latest = useRef(goTo);
  latest.current = goTo;

  useEffect(() => {
    if (!isPlaying) return;
    if (position.current >= lengthMs) latest.current(0);
    const timer = setInterval(() => {
      latest.current(Math.min(lengthMs, position.current + TICK_MS * speed));
      if (position.current >= lengthMs) setPlaying(false);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [isPlaying, speed, lengthMs]);

  const save = (): void => {
    const { cols, rows, openedAt, subject, nodeName } = shell;
    const cast = toCast({ cols, rows, at: openedAt, title: `${subject} · ${nodeName}` }, recording);
    download(`shell-${shell.id.slice(0, 8)}.cast`, "application/x-asciicast", cast);
  };
  const playing = isPlaying ? { en: "Pause", zh: "暂停" } : { en: "Play", zh: "播放" };
  return (
    <>
      <div className="overflow-x-auto">
        <TerminalScreen
          label={text({ en: "Recording", zh: "录像" })}
          size={{ cols: shell.cols, rows: shell.rows }}
          onReady={(ready) => {
            screen.current = ready;
            show(lengthMs);
          }}
        />
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-3">
        <Button onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? <Pause aria-hidden /> : <Play aria-hidden />}
          {text(playing)}
        </Button>
        <input
          type="range"
          aria-label={text({ en: "Position", zh: "位置" })}
          aria-valuetext={`${clock(at)} / ${clock(lengthMs)}`}
          min={0}
          max={Math.max(STEP_MS, Math.ceil(lengthMs / STEP_MS) * STEP_MS)}
          step={STEP_MS}
          value={Math.ceil(at / STEP_MS) * STEP_MS}
          onChange={(event) => {
            setPlaying(false);
            goTo(Number(event.currentTarget.value));
          }}
          className="min-w-40 flex-1 accent-accent"
        />
        <span className="tabular text-muted text-xs">
          {clock(at)} / {clock(lengthMs)}
        </span>
        <select
          aria-label={text({ en: "Speed", zh: "速度" })}
          value={speed}
          onChange={(event) => setSpeed(Number(event.currentTarget.value))}
          className="h-8 rounded-md border border-line-strong bg-surface px-2"
        >
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
        <Button onClick={save}>
          <Download aria-hidden />
          .cast
        </Button>
      </div>
      <p className="mt-2 text-muted text-xs">
        {text({
          en: "Pauses are cut to 1.5 s here; the file has the true times and plays with asciinema.",
          zh: "此处停顿被缩短到 1.5 秒；文件保留真实时间，可用 asciinema 播放。",
        })}
      </p>
    </>
  );
}
