// A terminal's screen (xterm.js), loaded when it is first shown. It knows nothing of shells: bytes go in, keys and sizes come out.
"use client";
import "@xterm/xterm/css/xterm.css";
import type { FitAddon } from "@xterm/addon-fit";
import type { Terminal } from "@xterm/xterm";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";

/** Dark in both themes: programs choose their colours for it. */
const THEME = { background: "#101216", foreground: "#e7e8ec", cursor: "#8fabff", selectionBackground: "#3a4462" };
const FONT = '"JetBrains Mono Variable", ui-monospace, monospace';

export type Screen = Pick<Terminal, "write" | "reset" | "resize" | "focus">;

type Props = {
  /** What it shows, for screen readers. */
  label: string;
  /** Called once when the screen is there. */
  onReady: (screen: Screen) => void;
  /** Keys as bytes; nothing is typed without it. */
  onKeys?: (data: Uint8Array) => void;
  /** Columns and rows that fit; a size that is given stays as it is. */
  onSize?: (cols: number, rows: number) => void;
  size?: { cols: number; rows: number };
  /** F6 goes on to it: the Tab key belongs to the shell. */
  leaveTo?: RefObject<HTMLElement | null>;
};

export function TerminalScreen(props: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    let isGone = false;
    let end = (): void => undefined;
    void Promise.all([import("@xterm/xterm"), import("@xterm/addon-fit")]).then(([xterm, fit]) => {
      if (isGone) return;
      end = open(place, new xterm.Terminal(optionsOf(latest.current)), new fit.FitAddon(), latest);
    });
    return () => {
      isGone = true;
      end();
    };
  }, []);

  return (
    <div
      ref={box}
      role="region"
      aria-label={props.label}
      data-testid="terminal"
      className="overflow-hidden rounded-md border bg-[#101216] p-2 [&_.xterm-viewport]:bg-transparent!"
    />
  );
}

const optionsOf = ({ onKeys, size }: Props) => ({
  ...(size ?? {}),
  theme: THEME,
  fontFamily: FONT,
  fontSize: 13,
  scrollback: 10_000,
  disableStdin: onKeys === undefined,
  cursorBlink: onKeys !== undefined,
  screenReaderMode: true,
});

/**
 * Programs ask a terminal where its cursor is and what it can do, and its answers are typed as keys. Across a network they come late and stand on the
 * screen, and a page that is loaded again would answer what was asked long ago: so nothing is answered.
 */
function answerNothing({ parser }: Terminal): void {
  for (const prefix of ["", "?", ">", "="])
    for (const final of ["n", "c"]) parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final }, () => true);
  for (const prefix of ["", "?"])
    parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), intermediates: "$", final: "p" }, () => true);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => true);
  for (const color of [4, 10, 11, 12]) parser.registerOscHandler(color, (data) => data.includes("?"));
}

function open(place: HTMLElement, terminal: Terminal, fit: FitAddon, latest: RefObject<Props>): () => void {
  const encoder = new TextEncoder();
  answerNothing(terminal);
  terminal.loadAddon(fit);
  terminal.open(place);
  terminal.onData((text) => latest.current.onKeys?.(encoder.encode(text)));
  terminal.onBinary((text) => latest.current.onKeys?.(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== "F6") return true;
    if (event.type === "keydown") latest.current.leaveTo?.current?.focus();
    return false;
  });
  const refit = (): void => {
    if (latest.current.size) return;
    fit.fit();
    latest.current.onSize?.(terminal.cols, terminal.rows);
  };
  const observer = new ResizeObserver(refit);
  observer.observe(place);
  refit();
  latest.current.onReady(terminal);
  return () => {
    observer.disconnect();
    terminal.dispose();
  };
}
