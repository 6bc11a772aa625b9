/** Random numbers that are the same on every machine: the demo compares runs bit by bit, so nothing may be left to chance. */

/** Uniform numbers in [0, 1): mulberry32, a 32-bit generator that fits in five lines. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One sample of the standard normal distribution (Box-Muller). */
export function normal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** Shuffles in place; every order is equally likely (Fisher-Yates). */
export function shuffle(items: Uint32Array, random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1));
    const item = items[last];
    items[last] = items[pick];
    items[pick] = item;
  }
}
