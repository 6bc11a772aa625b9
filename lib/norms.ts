// The norms of a step's gradients: measured to report them, to clip by them, and to find what is not finite.

import type { FloatArray } from './arrays.js';
import { type FoundElement, findNonFinite } from './non_finite.js';
import { overflowTest } from './overflow.js';
import type { Param } from './params.js';
import { type ClipNormForm, clipCoefficient, type Pipeline } from './pipeline.js';
import { type Control, type Plan, ruleStart, stages, stepScalars, sums, sumsWidth } from './plan.js';
import { gradScaleOf, neutralRow, scaleGrad, scaleRow } from './rows.js';
import type { Rule } from './rules/rule.js';

/** A parameter with its rule. */
interface Stepped extends Param {
  readonly group: { readonly rule: Rule; readonly definition: { readonly squares?: boolean } };
}

/** What a step is clipped by. */
type Clipping = Pick<Pipeline, 'clipNorm' | 'clipNormForm' | 'clipTensorNorm'>;

/** What was measured, and what came of it. */
export interface Measured {
  /** The norm of all gradients together, before `clipNorm`. */
  readonly gradNorm: number;
  /** What all gradients are multiplied by for `clipNorm`. */
  readonly clipCoefficient: number;
  /** The first gradient that its rule should not get. */
  readonly nonFinite: FoundElement | null;
}

/** Whether a step measures its gradients. */
export function needsNorms({ clipNorm, clipTensorNorm, nonFinite, gradNorm }: Pipeline): boolean {
  return gradNorm || nonFinite !== 'propagate' || clipNorm !== Infinity || clipTensorNorm !== Infinity;
}

/**
 * f64 squares overflow from 2^512 on. A gradient whose squares do is measured times this, which takes the largest f64 from
 * 2^1024 to 2^424.
 */
const tiny = 2 ** -600;

export class Norms {
  readonly #params: readonly Stepped[];
  /** Each parameter followed by its state. */
  readonly #tensors: readonly (readonly FloatArray[])[];
  readonly #control: Control;
  readonly #plan: Plan;
  readonly #checkBound: () => void;
  /** The norm of each gradient, times its unit: 1 or, where its squares overflow, `tiny`. */
  readonly #norms: Float64Array;
  readonly #units: Float64Array;
  /** Whether a gradient has an element that is not finite. */
  readonly #isBroken: boolean[];
  /** Whether any gradient has one. */
  #hasBroken = false;
  /** The sum of the squares of all norms as they were measured last. */
  #squares = 0;

  /**
   * @param plan reads `control`, which is written here
   * @param checkBound throws where an array that the plan has bound is no longer what it was
   */
  constructor(
    params: readonly Stepped[],
    tensors: readonly (readonly FloatArray[])[],
    control: Control,
    plan: Plan,
    checkBound: () => void,
  ) {
    this.#params = params;
    this.#tensors = tensors;
    this.#control = control;
    this.#plan = plan;
    this.#checkBound = checkBound;
    this.#norms = new Float64Array(params.length);
    this.#units = new Float64Array(params.length);
    this.#isBroken = params.map(() => false);
  }

  /**
   * Measures the gradients that the plan has bound, and scales down in their rows those that are too large.
   *
   * @param scale what the rows multiply gradients by
   * @param rowCount how many rows the step has
   * @param gradsOf the bound gradients of a parameter
   */
  clip(clipping: Clipping, scale: number, rowCount: number, gradsOf: (i: number) => readonly FloatArray[]): Measured {
    const { coefficients, width } = this.#control;
    this.#measure(gradsOf);
    if (clipping.clipTensorNorm !== Infinity) this.#clipTensors(clipping);
    const { norm, unit } = this.#together();
    const share = shareOf(clipping.clipNormForm, norm, unit, clipping.clipNorm);
    for (let row = 0; share !== whole && row < rowCount; row++) {
      scaleByShare(coefficients, row * width + ruleStart, share);
    }
    const isHarmless = !this.#hasBroken && norm / unit < smallestSuspicious && scale < smallestSuspicious;
    return {
      gradNorm: norm / unit,
      clipCoefficient: share.ratio * share.unit,
      nonFinite: isHarmless ? null : this.#find(share, gradsOf, true),
    };
  }

  /**
   * Measures the gradients of a call that only gathers: scaled and held within `clipValue` as if the step had this call alone.
   * Writes the rows anew.
   *
   * @param sourceCount how many gradients each parameter has
   * @param has whether a parameter has gradients
   */
  ofCall(
    { clipValue }: Pipeline,
    scale: number,
    sourceCount: number,
    has: (i: number) => boolean,
    gradsOf: (i: number) => readonly FloatArray[],
  ): Measured {
    const { coefficients, rows } = this.#control;
    const count = this.#params.length;
    neutralRow(coefficients, 0);
    scaleRow(coefficients, 0, scale, clipValue);
    for (let i = 0; i < count; i++) rows[i] = has(i) ? 0 : -1;
    rows[count + stepScalars.sourceCount] = sourceCount;
    rows[count + stepScalars.firstRow] = 0;
    this.#measure(gradsOf);
    const { norm, unit } = this.#together();
    return { gradNorm: norm / unit, clipCoefficient: 1, nonFinite: this.#find(whole, gradsOf, false) };
  }

  /** Measures the gradient of each parameter, scaled and held within its bound. */
  #measure(gradsOf: (i: number) => readonly FloatArray[]): void {
    const { coefficients, width, rows, sums: measured } = this.#control;
    const norms = this.#norms;
    const units = this.#units;
    const isBroken = this.#isBroken;
    const huge: number[] = [];
    let total = 0;
    this.#hasBroken = false;
    this.#plan.measureGrads();
    for (let i = 0; i < norms.length; i++) {
      if (rows[i] < 0) continue;
      const start = rows[i] * width;
      const isBounded = coefficients[start + stages.bound] !== Infinity;
      const all = measured[i * sumsWidth + sums.grad];
      const squares = isBounded ? measured[i * sumsWidth + sums.clampedGrad] : all;
      const scale = isBounded ? 1 : Math.abs(gradScaleOf(coefficients, start + ruleStart)); // its sign does not matter
      const norm = Math.sqrt(squares) * scale;
      norms[i] = norm;
      units[i] = 1;
      isBroken[i] = false;
      total += norm * norm;
      if (norm < Infinity && all < Infinity) continue;
      isBroken[i] = findNonFinite(this.#params[i], gradsOf(i), asTheyCome, null) !== null;
      this.#hasBroken ||= isBroken[i];
      if (isBroken[i] || norm !== Infinity) continue;
      units[i] = tiny;
      if (squares === Infinity) huge.push(i);
      else norms[i] = Math.sqrt(squares) * tiny * scale;
    }
    this.#squares = total;
    if (huge.length === 0) return;
    this.#measureHuge(huge);
    this.#squares = this.#sumOfSquares(1); // with a small scale all may be small by now
  }

  /** Measures gradients anew whose squares overflow: times `tiny`, in the same fixed shape. */
  #measureHuge(huge: readonly number[]): void {
    const { coefficients, width, rows, sums: measured } = this.#control;
    const [givenCoefficients, givenRows] = [coefficients.slice(), rows.slice()];
    rows.fill(-1, 0, this.#params.length);
    for (const i of huge) {
      rows[i] = givenRows[i];
      const start = rows[i] * width;
      const isBounded = givenCoefficients[start + stages.bound] !== Infinity;
      coefficients[start + stages.scale] = isBounded ? givenCoefficients[start + stages.scale] * tiny : tiny;
      // The plan sums the squares of scaled elements only where there is a bound: this one is beyond every element.
      coefficients[start + stages.bound] = isBounded
        ? givenCoefficients[start + stages.bound] * tiny
        : Number.MAX_VALUE;
    }
    this.#checkBound();
    this.#plan.measureGrads();
    coefficients.set(givenCoefficients);
    rows.set(givenRows);
    for (const i of huge) {
      const norm = Math.sqrt(measured[i * sumsWidth + sums.clampedGrad]);
      const start = rows[i] * width;
      const isBounded = coefficients[start + stages.bound] !== Infinity;
      this.#norms[i] = isBounded ? norm : norm * Math.abs(gradScaleOf(coefficients, start + ruleStart));
    }
  }

  #clipTensors({ clipNormForm, clipTensorNorm }: Clipping): void {
    const { coefficients, width, rows } = this.#control;
    for (let i = 0; i < this.#params.length; i++) {
      if (rows[i] < 0) continue;
      const share = shareOf(clipNormForm, this.#norms[i], this.#units[i], clipTensorNorm);
      if (share === whole) continue;
      scaleByShare(coefficients, rows[i] * width + ruleStart, share);
      this.#norms[i] *= share.ratio; // the units of norm and share are the same, and cancel
      this.#units[i] = 1;
    }
    this.#squares = this.#sumOfSquares(1);
  }

  /** The norm of all gradients together, times its unit: `tiny` where the sum of squares overflows though each gradient is finite. */
  #together(): { readonly norm: number; readonly unit: number } {
    return this.#squares !== Infinity || this.#hasBroken
      ? { norm: Math.sqrt(this.#squares), unit: 1 }
      : { norm: Math.sqrt(this.#sumOfSquares(tiny)), unit: tiny };
  }

  /** The sum of the squares of all norms, each times the unit. */
  #sumOfSquares(unit: number): number {
    const { rows } = this.#control;
    let total = 0;
    for (let i = 0; i < this.#params.length; i++) {
      if (rows[i] < 0) continue;
      const norm = this.#norms[i] * (unit / this.#units[i]);
      total += norm * norm;
    }
    return total;
  }

  /**
   * The first element that its rule should not get.
   *
   * @param share what all gradients were multiplied by since each was measured
   * @param isStep whether the rules get the gradients
   */
  #find(share: Share, gradsOf: (i: number) => readonly FloatArray[], isStep: boolean): FoundElement | null {
    const { coefficients, width, rows } = this.#control;
    for (let i = 0; i < this.#params.length; i++) {
      if (rows[i] < 0) continue;
      const param = this.#params[i];
      const { rule, definition } = param.group;
      const start = rows[i] * width;
      const at = start + ruleStart;
      const squares = isStep && definition.squares === true;
      const scale = coefficients[start + stages.scale];
      const factor = gradScaleOf(coefficients, at);
      const norm = this.#norms[i] * (share.unit / this.#units[i]) * share.ratio;
      // In f32 a scale or factor may be rounded to infinity though the norm is small.
      const isHarmless = norm < largestHarmless(param, squares) || Number.isNaN(norm);
      if (isHarmless && !this.#isBroken[i] && Math.max(scale, Math.abs(factor)) < largestHarmless(param, false))
        continue;
      const overflows = squares ? overflowTest(param, rule, this.#tensors[i], coefficients, at) : null;
      const bound = coefficients[start + stages.bound];
      const found = findNonFinite(param, gradsOf(i), { scale, bound, factor }, overflows);
      if (found !== null) return found;
    }
    return null;
  }
}

const asTheyCome = { scale: 1, bound: Infinity, factor: 1 };

/** The factor that scales a norm down to its limit: ratio · unit. They are kept apart, since their product may underflow. */
interface Share {
  readonly ratio: number;
  readonly unit: number;
}

const whole: Share = { ratio: 1, unit: 1 };

/** @param norm times the unit */
function shareOf(form: ClipNormForm, norm: number, unit: number, most: number): Share {
  if (unit === 1 || most === Infinity) {
    const ratio = clipCoefficient(form, norm, most);
    return ratio === 1 ? whole : { ratio, unit: 1 };
  }
  const ratio = most / norm;
  return ratio * unit < 1 ? { ratio, unit } : whole;
}

function scaleByShare(row: Float64Array, at: number, { ratio, unit }: Share): void {
  if (ratio !== 1) scaleGrad(row, at, ratio);
  if (unit !== 1) scaleGrad(row, at, unit);
}

/** No norm and no factor below this makes a number that is not finite, whatever the type and the rule. */
const smallestSuspicious = 2 ** 48;

/**
 * Below this norm no element can overflow, so none is looked at: half of the type's largest number, since norm and scale are
 * rounded. For rules that square, far less than the root of the largest number, since a rule may square a difference or divide
 * by eps. Larger norms are rare enough to look at each element.
 */
function largestHarmless({ dtype }: Param, squares: boolean): number {
  if (dtype === 'f32') return squares ? smallestSuspicious : 2 ** 127;
  return squares ? 2 ** 480 : 2 ** 1023;
}
