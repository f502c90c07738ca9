import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Suite, SuiteContext, SuiteResult } from '../suite.js';
import { CryptoBench } from './contenders.js';
import type { CryptoFigures, OperationName, Target } from './crypto-figures.js';
import { cryptoTables, sizeName } from './crypto-tables.js';
import { interleavedTimes } from './interleaved-times.js';

interface Plan {
  /** Before everything, so that no size is measured on code that is not compiled yet. */
  firstWarmUpRounds: number;
  /** Before each size. */
  warmUpRounds: number;
  rounds: number;
}

const fullPlan: Plan = { firstWarmUpRounds: 2000, warmUpRounds: 200, rounds: 2000 };
const smokePlan: Plan = { firstWarmUpRounds: 0, warmUpRounds: 10, rounds: 30 };

const sizes = [1024, 4096, 65_536];
/** The shortest name, a usual one, and the longest of a type that is about a patient. */
const recordTypes = ['PROFILE', 'Observation', 'CoverageEligibilityResponse'];

/** How many times longer than raw AES-256-GCM a message may take, p10; the bytes that it may be longer. */
const ratiosAtMost: { bytes: number; operation: OperationName; atMost: number }[] = [
  { bytes: 4096, operation: 'encrypt', atMost: 13 },
  { bytes: 4096, operation: 'decrypt', atMost: 16 },
  { bytes: 65_536, operation: 'encrypt', atMost: 6 },
  { bytes: 65_536, operation: 'decrypt', atMost: 6 },
];
const overheadAtMost = 400;
const kmsCallsAtMost = { cold: 1, warm: 0 };

/** The encryption of records, beside raw AES-256-GCM and the SDK as it comes, all in this process. */
export const cryptoSuite: Suite = {
  name: 'crypto',
  title: 'Encryption',
  async run(context): Promise<SuiteResult> {
    const bench = await CryptoBench.open(context.build, join(context.folder, 'crypto'));
    try {
      const figures = await measure(bench, context);
      return { tables: cryptoTables(figures), figures, notes, failures: missed(figures) };
    } finally {
      await bench.close();
    }
  },
};

const notes = [
  'Raw is AES-256-GCM of `node:crypto` with a random IV: one key for all records, nothing bound to the message. The lib derives a ' +
    "key for each message, wraps it under the patient's own branch key, commits to it and authenticates whose record it is.",
  'Stock is the AWS Encryption SDK as it comes, with the same suite, keyring and frame length, and a cache of its own.',
  'All keys are in the caches. Each round every contender encrypts and decrypts once, in changing order, in one process.',
  'p10 tells what the work costs; p50 also what others on the machine cost. Targets are held against p10.',
];

async function measure(bench: CryptoBench, { smoke, progress }: SuiteContext): Promise<CryptoFigures> {
  const plan = smoke ? smokePlan : fullPlan;
  const kmsCalls = await countKmsCalls(bench);
  const overheads = await measureOverheads(bench);
  progress('crypto: warming up');
  await interleavedTimes(bench.contenders, randomBytes(4096), {
    warmUpRounds: plan.firstWarmUpRounds,
    rounds: 0,
  });
  const times: CryptoFigures['times'] = [];
  for (const bytes of sizes) {
    progress(`crypto: ${sizeName(bytes)}, ${plan.rounds} rounds`);
    const { encrypt, decrypt } = await interleavedTimes(bench.contenders, randomBytes(bytes), plan);
    times.push({ bytes, operation: 'encrypt', of: encrypt }, { bytes, operation: 'decrypt', of: decrypt });
  }
  const targets = [
    // Thirty rounds say nothing about time.
    ...(smoke ? [] : ratioTargets(times)),
    ...overheads.map(({ recordType, bytes }) => ({
      what: `overhead of a message of type ${recordType}, bytes`,
      atMost: overheadAtMost,
      measured: bytes,
    })),
    { what: 'KMS calls, cold read', atMost: kmsCallsAtMost.cold, measured: kmsCalls.cold },
    { what: 'KMS calls, warm read', atMost: kmsCallsAtMost.warm, measured: kmsCalls.warm },
  ];
  return { rounds: plan.rounds, times, overheads, kmsCalls, targets };
}

function ratioTargets(times: CryptoFigures['times']): Target[] {
  return ratiosAtMost.map(({ bytes, operation, atMost }) => {
    const found = times.find((time) => time.bytes === bytes && time.operation === operation);
    const measured = found === undefined ? Number.NaN : found.of.lib.p10 / found.of.raw.p10;
    return { what: `${sizeName(bytes)} ${operation}, times raw`, atMost, measured };
  });
}

async function countKmsCalls({ kms, openCipher, contenders, contextOf }: CryptoBench) {
  const message = await contenders.lib.encrypt(randomBytes(100));
  const cipher = openCipher();
  const read = async () => {
    const before = callsOf(kms);
    await cipher.decrypt(message, contextOf('Observation'));
    return callsOf(kms) - before;
  };
  const cold = await read();
  return { cold, warm: await read() };
}

const callsOf = ({ calls }: CryptoBench['kms']) => Object.values(calls).reduce((sum, count) => sum + count);

async function measureOverheads({ openCipher, contextOf }: CryptoBench) {
  const cipher = openCipher();
  const overheads: CryptoFigures['overheads'] = [];
  for (const recordType of recordTypes) {
    const message = await cipher.encrypt(randomBytes(4096), contextOf(recordType));
    overheads.push({ recordType, bytes: message.byteLength - 4096 });
  }
  return overheads;
}

/** A figure that is none is missed too. */
const missed = ({ targets }: CryptoFigures) =>
  targets
    .filter(({ measured, atMost }) => !(measured <= atMost))
    .map(
      ({ what, measured, atMost }) =>
        `target missed: ${what}: ${Number(measured.toFixed(2))}, at most ${atMost}`,
    );
