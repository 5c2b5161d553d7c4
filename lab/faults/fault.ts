// What a fault of the lab is, and what its inject and heal get to work with.
import type { Cri } from "../cri.ts";
import type { LabIdentity } from "../layout.ts";
import type { LabNode } from "../state.ts";

/** The node a fault works on. */
export interface FaultTarget {
  lab: LabIdentity;
  node: LabNode;
  /** Pid of the node's first process on the machine. */
  pid: number;
  cri<T>(use: (cri: Cri) => Promise<T>): Promise<T>;
}

/** A fault that is brought about for real in one node and disturbs nothing else there. */
export interface Fault {
  id: string;
  title: string;
  /** What inject really does. */
  does: string;
  /** Id of the check that should find it. */
  check: string;
  /** What repairs it, in words. */
  repair: string;
  /** Standing pods that the repair restarts or that the fault itself ends. */
  touches?: readonly string[];
  /** Whoever owns this pod asks what is wrong with it: whose trouble the answer must say it is. Absent where no pod feels it. */
  asked?: { pod: string; side: "yours" | "ours" | "either" };
  /** Brings it about; safe to call again. Returns what was done, with names and ids. */
  inject(target: FaultTarget): Promise<string>;
  /** Undoes it by hand; harmless when it is not there (any more). Returns what was done. */
  heal(target: FaultTarget): Promise<string>;
}
