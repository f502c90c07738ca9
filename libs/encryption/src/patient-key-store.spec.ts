import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AttributeValue, GetItemCommand, type GetItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { KeyPlatform, TABLE_NAME, contextOf, intercepted, refusalOf } from './spec-support.js';

let platform: KeyPlatform;

beforeAll(() => {
  platform = new KeyPlatform();
});
afterAll(() => platform.close());

async function newPatient(): Promise<string> {
  const patient = randomUUID();
  await platform.keyStore.create(patient);
  return patient;
}

const rowOf = async (patient: string, type: string) => {
  const Key = { 'branch-key-id': { S: patient }, type: { S: type } };
  return (await platform.rows.send(new GetItemCommand({ TableName: TABLE_NAME, Key }))).Item;
};

/** A key store in which every row that is read is first changed by somebody who can write to the table. */
function cipherWithRows(
  change: (item: Record<string, AttributeValue>) => Record<string, AttributeValue> | undefined,
) {
  const send = async (command: unknown) => {
    const answer = (await Reflect.apply(platform.rows.send, platform.rows, [
      command,
    ])) as GetItemCommandOutput;
    return answer.Item === undefined ? answer : { ...answer, Item: change(answer.Item) };
  };
  const rows = Object.create(platform.rows, { send: { value: send } }) as typeof platform.rows;
  return platform.cipher(10, platform.openKeyStore(rows));
}

describe('creating a key', () => {
  it('costs three KMS calls and leaves the three rows of the SDK', async () => {
    const before = { ...platform.kms.calls };
    const patient = await newPatient();
    expect(platform.kms.calls).toEqual({
      ...before,
      GenerateDataKeyWithoutPlaintext: before.GenerateDataKeyWithoutPlaintext + 2,
      ReEncrypt: before.ReEncrypt + 1,
    });
    const active = await rowOf(patient, 'branch:ACTIVE');
    expect(Object.keys(active ?? {}).sort()).toEqual([
      'aws-crypto-ec:patient_id',
      'branch-key-id',
      'create-time',
      'enc',
      'hierarchy-version',
      'kms-arn',
      'type',
      'version',
    ]);
    expect(await rowOf(patient, active?.['version']?.S ?? '')).toBeDefined();
    expect(await rowOf(patient, 'beacon:ACTIVE')).toBeDefined();
  });

  it('can be repeated, also at the same time, and never replaces a key', async () => {
    const patient = randomUUID();
    await Promise.all(Array.from({ length: 8 }, () => platform.keyStore.create(patient)));
    const row = await rowOf(patient, 'branch:ACTIVE');
    await platform.keyStore.create(patient);
    expect(await rowOf(patient, 'branch:ACTIVE')).toEqual(row);
  });

  it('reads strongly consistent, so that a key is there for other instances at once', async () => {
    const patient = await newPatient();
    const consistent: unknown[] = [];
    const rows = intercepted(platform.rows, (command) => {
      if (command instanceof GetItemCommand) consistent.push(command.input.ConsistentRead);
    });
    await platform.cipher(10, platform.openKeyStore(rows)).encrypt(Buffer.from('x'), contextOf(patient));
    expect(consistent).toEqual([true]);
  });
});

describe('rotating a key', () => {
  it('fails for a patient without a key', async () => {
    expect(await refusalOf(platform.keyStore.rotate(randomUUID()))).toBe('key-service-unavailable');
  });
});

describe('a row of the key store', () => {
  const other = (item: Record<string, AttributeValue>) => ({ ...item, extra: { S: 'x' } });

  it.each<[string, (item: Record<string, AttributeValue>) => Record<string, AttributeValue>]>([
    ['an attribute more', other],
    ['another creation time', (item) => ({ ...item, 'create-time': { S: '2020-01-01T00:00:00.000000Z' } })],
    ['altered key bytes', (item) => ({ ...item, enc: { B: flipped(item['enc']?.B) } })],
    [
      'another patient in its context',
      (item) => ({ ...item, 'aws-crypto-ec:patient_id': { S: randomUUID() } }),
    ],
  ])('is refused with %s', async (_, change) => {
    const patient = await newPatient();
    const message = await platform.cipher().encrypt(Buffer.from('x'), contextOf(patient));
    const cipher = cipherWithRows(change);
    expect(await refusalOf(cipher.decrypt(message, contextOf(patient)))).toBe('integrity-failure');
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
  });

  it("is refused when it holds another patient's key", async () => {
    const [patient, stranger] = [await newPatient(), await newPatient()];
    const foreign = await rowOf(stranger, 'branch:ACTIVE');
    const cipher = cipherWithRows((item) => ({ ...item, enc: foreign?.['enc'] ?? { NULL: true } }));
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
  });

  it('under another KMS key is not asked of KMS', async () => {
    const patient = await newPatient();
    const before = platform.kms.calls.Decrypt;
    const cipher = cipherWithRows((item) => ({ ...item, 'kms-arn': { S: `${platform.kms.keyArn}0` } }));
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe(
      'key-service-unavailable',
    );
    expect(platform.kms.calls.Decrypt).toBe(before);
  });
});

function flipped(bytes: Uint8Array | undefined): Uint8Array {
  const copy = new Uint8Array(bytes ?? []);
  copy[20] = (copy[20] ?? 0) ^ 1;
  return copy;
}
