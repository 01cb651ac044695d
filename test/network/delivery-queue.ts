/** Packets on their way, the next to arrive first; equal arrivals in the order they were sent. A binary heap. */

interface Delivery<Packet> {
  readonly at: number;
  readonly order: number;
  readonly packet: Packet;
}

export class DeliveryQueue<Packet> {
  readonly #heap: Delivery<Packet>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next packet arrives, or Infinity. */
  next(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].at;
  }

  push(at: number, packet: Packet): void {
    const heap = this.#heap;
    const delivery = { at, order: this.#order++, packet };
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent], delivery)) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = delivery;
  }

  /** Takes the next packet out; there must be one. */
  pop(): Packet {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length > 0) {
      let index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
        if (isBefore(last, heap[child])) break;
        heap[index] = heap[child];
        index = child;
      }
      heap[index] = last;
    }
    return first.packet;
  }
}

function isBefore(one: Delivery<unknown>, other: Delivery<unknown>): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
