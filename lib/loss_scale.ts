// The scale of a loss, and how it follows what steps find.

/** What a `LossScaler` carries from step to step. */
export interface LossScalerState {
  /** What the loss is to be multiplied by. */
  readonly scale: number;
  /** How many good steps there were since the scale last changed. */
  readonly growthTracker: number;
}

/** The state of a scaler, and how many times in a row its scale shrank. */
export interface Level {
  readonly state: LossScalerState;
  readonly skips: number;
}

interface Growth {
  readonly growthFactor: number;
  readonly growthInterval: number;
}

/** The level after a step that was skipped. The scale stays where it would become 0. */
export function shrunk({ state, skips }: Level, { backoffFactor }: { readonly backoffFactor: number }): Level {
  const scale = Math.fround(state.scale * backoffFactor);
  return levelOf(scale > 0 ? scale : state.scale, 0, skips + 1);
}

/** The level after a step that was done. The scale stays where it would become infinite. */
export function grown({ state }: Level, { growthFactor, growthInterval }: Growth): Level {
  const growthTracker = state.growthTracker + 1;
  if (growthTracker < growthInterval) return levelOf(state.scale, growthTracker, 0);
  const scale = Math.fround(state.scale * growthFactor);
  return levelOf(scale < Infinity ? scale : state.scale, 0, 0);
}

/** @param skips how many times in a row the scale shrank */
export function levelOf(scale: number, growthTracker: number, skips: number): Level {
  return { state: Object.freeze({ scale, growthTracker }), skips };
}
