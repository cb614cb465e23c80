/** `npm run nightly` runs the same tests with ten times as many generated cases. */
export const SCALE = process.env.SUNSET_NIGHTLY ? 10 : 1;
