/** A value that depends on the step alone: on how many steps were taken before, so 0 in the first. */
export type Schedule<T = number> = (step: number) => T;
