export function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1];
}

/**
 * Exponential moving average, corrected for its start: the mean of all values so far, where each weighs `decay` times as
 * much as the one after it. It reaches back over about 1 / (1 - decay) values.
 */
export function movingAverage(values: Float64Array, decay: number): Float64Array {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = decay * sum + value;
    weight = decay * weight + 1;
    return sum / weight;
  });
}
