/** What the tests take from the environment. */
export const testConfig = {
  /** How often the durability test kills the service: 3 in CI, more for a long run. */
  killRounds: Number(process.env['PHI_TEST_KILL_ROUNDS'] ?? 3),
  /** Where to write the figures that a long run measured, a file; nowhere unless it is set. */
  figuresFile: process.env['PHI_TEST_FIGURES'],
};
