/** What the tests take from the environment. */
export const testConfig = {
  /** How often the durability test kills the service: 3 in CI, more for a long run. */
  killRounds: Number(process.env['PHI_TEST_KILL_ROUNDS'] ?? 3),
  /** How many requests the fuzzer sends, over all routes. */
  fuzzRequests: Number(process.env['PHI_TEST_FUZZ_REQUESTS'] ?? 20_000),
  /** What its requests are drawn from: the same number draws the same ones. */
  fuzzSeed: Number(process.env['PHI_TEST_FUZZ_SEED'] ?? 1),
  /** Where to write the figures that a long run measured, a file; nowhere unless it is set. */
  figuresFile: process.env['PHI_TEST_FIGURES'],
};
