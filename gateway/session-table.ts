// Live sessions by node: at most one each.
import * as metrics from "./metrics.ts";
import type { Session } from "./session.ts";

export type SessionTable = ReturnType<typeof createSessionTable>;

/** Empty at first. */
export function createSessionTable() {
  const byNode = new Map<string, Session>();
  const measure = () => metrics.sessionsOpen.set(byNode.size);
  return {
    get: (nodeId: string): Session | undefined => byNode.get(nodeId),
    all: (): Session[] => [...byNode.values()],
    ids: (): string[] => [...byNode.keys()],
    size: (): number => byNode.size,
    /** @returns the session it takes the place of */
    put(session: Session): Session | undefined {
      const older = byNode.get(session.nodeId);
      byNode.set(session.nodeId, session);
      measure();
      return older;
    },
    /** @returns false when another session has taken its place (or it never had one) */
    remove(session: Session): boolean {
      if (byNode.get(session.nodeId) !== session) return false;
      byNode.delete(session.nodeId);
      measure();
      return true;
    },
  };
}
