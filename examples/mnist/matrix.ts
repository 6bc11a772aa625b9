/**
 * The three matrix products of backpropagation, on row-major Float32Arrays. Sums are taken in double precision and
 * in a fixed order, so results never differ between runs. The left factor may be mostly zeros (the background of an
 * image, units that ReLU switched off): only its other elements are multiplied.
 */

/** C = A·B.   A is rows × inner, B is inner × columns. */
export function multiply(
  C: Float32Array,
  A: Float32Array,
  B: Float32Array,
  rows: number,
  inner: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    combineRows(C, row * columns, gather(A, row * inner, 1, inner), B, columns);
  }
}

/** C = Aᵀ·B.   A is inner × rows, B is inner × columns. */
export function multiplyTransposed(
  C: Float32Array,
  A: Float32Array,
  B: Float32Array,
  rows: number,
  inner: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    combineRows(C, row * columns, gather(A, row, rows, inner), B, columns);
  }
}

/** C = A·Bᵀ.   A is rows × inner, B is columns × inner. */
export function multiplyByTransposed(
  C: Float32Array,
  A: Float32Array,
  B: Float32Array,
  rows: number,
  inner: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += A[row * inner + k] * B[column * inner + k];
      C[row * columns + column] = sum;
    }
  }
}

/** The non-zero elements of one row or column: gather() fills these two lists, combineRows() reads them. */
const LONGEST = 1024;
const positions = new Int32Array(LONGEST);
const factors = new Float64Array(LONGEST);

/** Lists the non-zero ones among `length` elements of A, `stride` apart, and returns how many there are. */
function gather(A: Float32Array, start: number, stride: number, length: number): number {
  if (length > LONGEST) throw new RangeError(`length must be at most ${LONGEST}, received ${length}`);
  let count = 0;
  for (let k = 0; k < length; k++) {
    const value = A[start + k * stride];
    if (value === 0) continue;
    positions[count] = k;
    factors[count] = value;
    count++;
  }
  return count;
}

/** One row of C = Σ factors[i] · (row positions[i] of B). Eight columns at a time, so that the sums stay in registers. */
function combineRows(C: Float32Array, start: number, count: number, B: Float32Array, columns: number): void {
  let column = 0;
  for (; column + 8 <= columns; column += 8) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let i = 0; i < count; i++) {
      const factor = factors[i];
      const b = positions[i] * columns + column;
      s0 += factor * B[b];
      s1 += factor * B[b + 1];
      s2 += factor * B[b + 2];
      s3 += factor * B[b + 3];
      s4 += factor * B[b + 4];
      s5 += factor * B[b + 5];
      s6 += factor * B[b + 6];
      s7 += factor * B[b + 7];
    }
    const c = start + column;
    C[c] = s0;
    C[c + 1] = s1;
    C[c + 2] = s2;
    C[c + 3] = s3;
    C[c + 4] = s4;
    C[c + 5] = s5;
    C[c + 6] = s6;
    C[c + 7] = s7;
  }
  for (; column < columns; column++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += factors[i] * B[positions[i] * columns + column];
    C[start + column] = sum;
  }
}
