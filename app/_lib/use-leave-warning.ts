// Asks before the page with unsaved text is left: the browser's own question on closing and reloading, ours on links inside the console.
"use client";
import { useEffect } from "react";

/** @param question asked on a click on a link while `isDirty`; null turns it off */
export function useLeaveWarning(isDirty: boolean, question: string): void {
  useEffect(() => {
    if (!isDirty) return;
    const onUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    const onClick = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      const staysHere = event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0;
      if (!link || staysHere || link.getAttribute("target") === "_blank") return;
      if (!window.confirm(question)) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("beforeunload", onUnload);
    // Before the router sees the click.
    document.addEventListener("click", onClick, { capture: true });
    return () => {
      window.removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, { capture: true });
    };
  }, [isDirty, question]);
}
