// What happens next in a simulated world: a heap by time, first come first served at the same time.

export type Queue<T> = {
  push: (at: number, what: T) => void;
  pop: () => { at: number; what: T } | undefined;
  size: () => number;
};

type Entry<T> = { at: number; order: number; what: T };

export function createQueue<T>(): Queue<T> {
  const heap: Entry<T>[] = [];
  let order = 0;
  const isBefore = (a: Entry<T>, b: Entry<T>) => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]];
    if (!a || !b) return;
    heap[i] = b;
    heap[j] = a;
  };
  const less = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]];
    return a !== undefined && b !== undefined && isBefore(a, b);
  };
  return {
    push: (at, what) => {
      heap.push({ at, order: order++, what });
      for (let i = heap.length - 1; i > 0 && less(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    pop: () => {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last) return undefined;
      if (heap.length > 0) heap[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2]) if (less(child, least)) least = child;
        if (least === i) break;
        swap(i, least);
        i = least;
      }
      return { at: first.at, what: first.what };
    },
    size: () => heap.length,
  };
}
