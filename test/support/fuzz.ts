import fc from 'fast-check';

/**
 * Decides the inputs of all property tests: a run that passed passes again. Another seed finds other inputs, and repeats those of a run
 * that failed: `FUZZ_SEED=7 npm test`.
 */
export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 20_261_130);

fc.configureGlobal({ seed: FUZZ_SEED });

export { default } from 'fast-check';
