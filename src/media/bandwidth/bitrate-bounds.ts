/** Bounds of what goes over a connection in one direction, in bits per second. */
export interface BitrateBounds {
  readonly min: number;
  /** Infinity for no bound. Where it is below `min`, it wins. */
  readonly max: number;
}

/** What is left out stays as it is; null goes back to what was configured. */
export type BitrateChanges = Partial<Record<keyof BitrateBounds, number | null>>;

/** `bounds` with what is given of `changes`; null is what `defaults` says. */
export function changeBounds(
  bounds: BitrateBounds,
  changes: BitrateChanges,
  defaults: BitrateBounds,
): BitrateBounds {
  const choose = (name: keyof BitrateBounds): number => {
    const change = changes[name];
    return change === undefined ? bounds[name] : (change ?? defaults[name]);
  };
  return { min: choose('min'), max: choose('max') };
}

export function withinBounds(bitrate: number, { min, max }: BitrateBounds): number {
  return Math.min(max, Math.max(min, bitrate));
}
