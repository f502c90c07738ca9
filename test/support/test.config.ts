/** Set by the project of jest.config.mjs. */
declare const phiTestPlatform: 'aws' | undefined;

const platform = typeof phiTestPlatform === 'undefined' ? 'embedded' : phiTestPlatform;

/** What the tests take from the environment. */
export const testConfig = {
  /** The platform that the service is started on. */
  platform,
  /**
   * How many of something there are in a test under load: DynamoDB Local does in a second a fifth of what LMDB does. What is sent all at
   * once also has to be answered within the attempts of one request, on a busy machine too.
   */
  load: (count: number, part = 4) => (platform === 'aws' ? Math.ceil(count / part) : count),
  /** Endpoint of the DynamoDB Local that the suites of a run share. */
  dynamoDb: process.env['DYNAMODB_LOCAL_ENDPOINT'],
  /** How often the durability test kills the service: 3 in CI, more for a long run. */
  killRounds: Number(process.env['PHI_TEST_KILL_ROUNDS'] ?? 3),
  /** How many requests the fuzzer sends, over all routes. */
  fuzzRequests: Number(process.env['PHI_TEST_FUZZ_REQUESTS'] ?? 20_000),
  /** What its requests are drawn from: the same number draws the same ones. */
  fuzzSeed: Number(process.env['PHI_TEST_FUZZ_SEED'] ?? 1),
  /** Where to write the figures that a long run measured, a file; nowhere unless it is set. */
  figuresFile: process.env['PHI_TEST_FIGURES'],
};
