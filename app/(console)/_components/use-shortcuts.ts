// Keyboard of the whole console: ⌘K, `/`, `?`, `g` + page, and j / k / x / Enter in lists.
"use client";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { pages } from "../../_ui/nav.ts";

/** The second key must follow `g` within this, ms. */
const CHORD_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function moveInList(step: 1 | -1): boolean {
  const links = [...document.querySelectorAll<HTMLElement>("[data-row] a[href]:first-of-type")].filter(
    (link) => link === link.closest("[data-row]")?.querySelector("a[href]") && link.offsetParent !== null,
  );
  if (links.length === 0) return false;
  const at = links.findIndex((link) => link.closest("[data-row]")?.contains(document.activeElement));
  const next =
    links[at === -1 ? (step === 1 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Listens as long as the frame stands. */
export function useShortcuts(actions: { openPalette: () => void; openHelp: () => void }): void {
  const router = useRouter();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.openPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog],[role=menu]")) return;
      if (Date.now() < chordUntil) {
        chordUntil = 0;
        const page = pages.find((one) => one.key === event.key);
        if (page) {
          event.preventDefault();
          router.push(page.href);
          return;
        }
      }
      if (event.key === "g") chordUntil = Date.now() + CHORD_MS;
      else if (event.key === "?") latest.current.openHelp();
      else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("[data-filter]");
        if (field) field.focus();
        else latest.current.openPalette();
        event.preventDefault();
      } else if (event.key === "x") {
        // The row that has the focus is chosen, or not any more.
        const row = document.activeElement?.closest("[data-row]");
        row?.querySelector<HTMLInputElement>("[data-pick]")?.click();
      } else if (event.key === "j" || event.key === "k") {
        if (moveInList(event.key === "j" ? 1 : -1)) event.preventDefault();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router]);
}
