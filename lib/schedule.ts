/**
 * A value that depends on the step alone: on how many steps were taken before, so 0 in the first. It should keep nothing,
 * so that any step may be asked for in any order.
 */
export type Schedule<T = number> = (step: number) => T;
