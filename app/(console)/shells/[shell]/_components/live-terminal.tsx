// An open shell: the one who asked for it types, others watch what is being recorded.
"use client";
import { type ReactNode, type RefObject, useRef } from "react";
import { toast } from "sonner";
import type { Printed } from "../../../../../parsers/asciicast.ts";
import type { ShellDetail } from "../../../../../server/shells/schema.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { readError } from "../../../../_trpc/errors.ts";
import { type Screen, TerminalScreen } from "../../../../_ui/terminal.tsx";
import { useKeys } from "./use-keys.ts";
import { useStream } from "./use-stream.ts";

type Props = { shell: ShellDetail; leaveTo: RefObject<HTMLButtonElement | null> };

export function LiveTerminal({ shell, leaveTo }: Props): ReactNode {
  const text = useText();
  const screen = useRef<Screen | null>(null);
  const early = useRef<Printed[]>([]);
  const { id, isYours, cols, rows } = shell;
  const isOver = useStream(id, (pieces) => {
    if (screen.current) for (const { data } of pieces) screen.current.write(data);
    else early.current.push(...pieces);
  });
  const keys = useKeys(id, (error) =>
    toast.error(text({ en: "Not typed", zh: "未能输入" }), { description: readError(error).message }),
  );
  const onReady = (ready: Screen): void => {
    screen.current = ready;
    for (const { data } of early.current) ready.write(data);
    early.current = [];
    if (isYours) ready.focus();
  };
  return (
    <>
      <div className="h-[60vh] min-h-72 [&>div]:h-full">
        <TerminalScreen
          label={text({ en: "Terminal", zh: "终端" })}
          onReady={onReady}
          leaveTo={leaveTo}
          {...(isYours ? { onKeys: keys.type, onSize: keys.resize } : { size: { cols, rows } })}
        />
      </div>
      <p className="mt-2 text-muted text-xs" role="status">
        {isOver
          ? text({ en: "It has ended.", zh: "已结束。" })
          : isYours
            ? text({
                en: "Everything on this screen is recorded. F6 leaves the terminal; Tab belongs to the shell.",
                zh: "屏幕上的一切都会被录制。按 F6 离开终端，Tab 键归终端使用。",
              })
            : text({
                en: "You are watching; only the person who asked for it types.",
                zh: "您正在旁观；只有申请者可以输入。",
              })}
      </p>
    </>
  );
}
