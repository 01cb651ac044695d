/**
 * The one place where time-outs wait: a binary heap of deadlines, so that a single Node timer serves the whole
 * engine. Setting, moving and clearing cost O(log n) and allocate nothing.
 */

/** A named time-out of one owner; made once and moved as often as needed. */
export class Deadline {
  /** Engine time in ms at which `run` is due; Infinity while not waiting. */
  at = Number.POSITIVE_INFINITY;
  /** Position in the heap, or -1. */
  index = -1;
  readonly run: (nowMs: number) => void;

  constructor(run: (nowMs: number) => void) {
    this.run = run;
  }
}

export class DeadlineQueue {
  readonly #heap: Deadline[] = [];

  /** Number of deadlines waiting. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest waiting deadline in ms, or Infinity. */
  next(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].at;
  }

  /** Makes `deadline` due at `at`, wherever it waited before; Infinity clears it. */
  set(deadline: Deadline, at: number): void {
    if (at === deadline.at) return;
    if (at === Number.POSITIVE_INFINITY) {
      this.clear(deadline);
      return;
    }
    const earlier = at < deadline.at;
    deadline.at = at;
    if (deadline.index < 0) {
      deadline.index = this.#heap.length;
      this.#heap.push(deadline);
      this.#siftUp(deadline.index);
    } else if (earlier) this.#siftUp(deadline.index);
    else this.#siftDown(deadline.index);
  }

  clear(deadline: Deadline): void {
    const index = deadline.index;
    if (index < 0) return;
    deadline.index = -1;
    deadline.at = Number.POSITIVE_INFINITY;
    const last = this.#heap.pop()!;
    if (last === deadline) return;
    this.#heap[index] = last;
    last.index = index;
    this.#siftUp(index);
    this.#siftDown(last.index);
  }

  /** Takes the earliest deadline out if it is due at `now`, else returns null. The caller runs it. */
  takeDue(now: number): Deadline | null {
    if (this.#heap.length === 0 || this.#heap[0].at > now) return null;
    const due = this.#heap[0];
    this.clear(due);
    return due;
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    let index = start;
    const moving = heap[index];
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent].at <= moving.at) break;
      heap[index] = heap[parent];
      heap[index].index = index;
      index = parent;
    }
    heap[index] = moving;
    moving.index = index;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    let index = start;
    const moving = heap[index];
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].at < heap[child].at) child++;
      if (heap[child].at >= moving.at) break;
      heap[index] = heap[child];
      heap[index].index = index;
      index = child;
    }
    heap[index] = moving;
    moving.index = index;
  }
}
