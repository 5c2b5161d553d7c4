// A value once it has stopped changing: what is typed is asked for when the typing pauses, not at every key.
"use client";
import { useEffect, useState } from "react";

/** @param afterMs pause after the last change */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
