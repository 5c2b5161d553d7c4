// One key of one page, heard anywhere but where somebody types or a dialog is open.
"use client";
import { useEffect, useRef } from "react";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** @param key as `KeyboardEvent.key`; undefined: nothing is listened for */
export function useHotkey(key: string | undefined, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (key === undefined) return;
    /** The key before: "g p" goes to a page and is none of this one. */
    let wasChord = false;
    const onKey = (event: KeyboardEvent): void => {
      const isMine = event.key === key && !wasChord;
      wasChord = event.key === "g";
      if (!isMine || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog],[role=menu]")) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [key]);
}
