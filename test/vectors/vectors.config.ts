/** The folder that `npm run vectors -- FOLDER` was given; `test/vectors/run.mjs` sets it. */
export const vectorsFolder = process.env['PHI_VECTORS'] ?? '';
