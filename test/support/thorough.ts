/**
 * Returns how often a test repeats a check that can only fail by chance: `often` in `npm run test:ci`, which sets MANIFOLD_THOROUGH;
 * `seldom` in `npm test`, which has to finish in minutes.
 */
export const thorough = (often: number, seldom: number): number => (process.env.MANIFOLD_THOROUGH ? often : seldom);
