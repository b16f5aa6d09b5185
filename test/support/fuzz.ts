import fc from 'fast-check';

/**
 * The seed of all property tests, so that a passing run passes again. Another seed tests other inputs; the seed of a failed run repeats it:
 * `FUZZ_SEED=7 npm test`.
 */
export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 20_261_130);

fc.configureGlobal({ seed: FUZZ_SEED });

export { default } from 'fast-check';
