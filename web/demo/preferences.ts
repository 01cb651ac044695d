/** Small choices kept between visits. Storage may be forbidden or full; then they are simply not kept. */

type Key = 'name' | 'microphone' | 'camera' | 'microphone-id' | 'camera-id' | 'statistics';

const prefix = 'manifold.';

export function recall(key: Key): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

export function remember(key: Key, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // See above.
  }
}

export function forget(key: Key): void {
  try {
    localStorage.removeItem(prefix + key);
  } catch {
    // See above.
  }
}
