import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { LocalKmsClient } from './local-kms.client.js';
import { PatientKeyStore } from './patient-key-store.js';
import { KeyPlatform, LOGICAL_NAME, TABLE_NAME, contextOf, intercepted, refusalOf } from './spec-support.js';

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

/** The table, in which every row that is read is first changed by somebody who can write to it. */
function changedRows(
  change: (item: Record<string, AttributeValue>) => Record<string, AttributeValue> | undefined,
): DynamoDBClient {
  const send = async (command: unknown) => {
    const answer = (await Reflect.apply(platform.rows.send, platform.rows, [
      command,
    ])) as GetItemCommandOutput & QueryCommandOutput;
    if (answer.Items !== undefined) return { ...answer, Items: answer.Items.map(change) };
    return answer.Item === undefined ? answer : { ...answer, Item: change(answer.Item) };
  };
  return Object.create(platform.rows, { send: { value: send } }) as DynamoDBClient;
}

const cipherWithRows = (change: Parameters<typeof changedRows>[0]) =>
  platform.cipher(10, platform.openKeyStore(changedRows(change)));

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

describe('another KMS key', () => {
  /** A key store as another process has it, with what it knows of the root keys. */
  const inAnotherProcess = (earlierKmsKeyArns?: string[]) => {
    const kms = LocalKmsClient.open(join(platform.folder, 'kms-root.key'));
    const keyStore = new PatientKeyStore({
      dynamoDbClient: platform.rows,
      kmsClient: kms,
      kmsKeyArn: kms.aliasArn,
      earlierKmsKeyArns: () => earlierKmsKeyArns ?? kms.keyArns,
      kmsKeyLookupSeconds: 3600,
      tableName: TABLE_NAME,
      logicalName: LOGICAL_NAME,
    });
    return { kms, keyStore };
  };
  const wrappedUnder = async (patient: string) => (await rowOf(patient, 'branch:ACTIVE'))?.['kms-arn']?.S;

  it('is used at once by who made it, and by others when they meet a row that is under it', async () => {
    const [operator, service] = [inAnotherProcess(), inAnotherProcess()];
    const [patient, later] = [randomUUID(), randomUUID()];
    await service.keyStore.create(patient);
    const earlier = service.kms.keyArn;
    const cipher = platform.cipher(10, service.keyStore);
    const message = await cipher.encrypt(Buffer.from('x'), contextOf(patient));

    const current = operator.kms.addKey();
    expect(await operator.keyStore.currentKmsKey()).toBe(current);
    expect(await operator.keyStore.rewrap(patient)).toBe(3);
    expect(await wrappedUnder(patient)).toBe(current);

    cipher.evict(patient);
    expect(Buffer.from(await cipher.decrypt(message, contextOf(patient))).toString()).toBe('x');
    expect(service.kms.keyArns).toEqual([earlier, current]);
    await service.keyStore.create(later);
    expect(await wrappedUnder(later)).toBe(current);
  });

  it('leaves rows under the earlier one readable until they are rewrapped', async () => {
    const { kms, keyStore } = inAnotherProcess();
    const patient = randomUUID();
    await keyStore.create(patient);
    const earlier = await wrappedUnder(patient);
    const message = await platform.cipher(10, keyStore).encrypt(Buffer.from('x'), contextOf(patient));
    kms.addKey();
    const restarted = inAnotherProcess();
    const read = await platform.cipher(10, restarted.keyStore).decrypt(message, contextOf(patient));
    expect(Buffer.from(read).toString()).toBe('x');
    expect(await wrappedUnder(patient)).toBe(earlier);
    const use = await restarted.keyStore.kmsKeyUse();
    expect(use.get(earlier ?? '')).toBeGreaterThanOrEqual(3);
  });

  it('is not accepted because KMS has it: it must be the current one or listed as an earlier one', async () => {
    const maker = inAnotherProcess();
    const patient = randomUUID();
    await maker.keyStore.create(patient);
    maker.kms.addKey();
    const unaware = inAnotherProcess([]);
    expect(unaware.kms.keyArns).toContain(await wrappedUnder(patient));
    const before = unaware.kms.calls.Decrypt;
    await expect(unaware.keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'unavailable' });
    expect(unaware.kms.calls.Decrypt).toBe(before);
    expect(await refusalOf(unaware.keyStore.rewrap(patient))).toBe('key-service-unavailable');
  });

  it('does not wrap a row anew that was altered', async () => {
    const { kms, keyStore } = inAnotherProcess();
    const patient = randomUUID();
    await keyStore.create(patient);
    const row = await rowOf(patient, 'branch:ACTIVE');
    kms.addKey();
    const changed = changedRows((item) => ({ ...item, 'create-time': { S: '2020-01-01T00:00:00.000000Z' } }));
    const tampered = new PatientKeyStore({
      dynamoDbClient: changed,
      kmsClient: kms,
      kmsKeyArn: kms.aliasArn,
      earlierKmsKeyArns: () => kms.keyArns,
      tableName: TABLE_NAME,
      logicalName: LOGICAL_NAME,
    });
    expect(await refusalOf(tampered.rewrap(patient))).toBe('integrity-failure');
    expect(await rowOf(patient, 'branch:ACTIVE')).toEqual(row);
  });
});

describe('a row of the key store', () => {
  it.each<[string, (item: Record<string, AttributeValue>) => Record<string, AttributeValue>]>([
    ['an attribute more', (item) => ({ ...item, extra: { S: 'x' } })],
    ['an attribute more that the SDK would overwrite', (item) => ({ ...item, tablename: { S: 'x' } })],
    ['an attribute more that is no text', (item) => ({ ...item, extra: { L: [] } })],
    ['a pair more in its context', (item) => ({ ...item, 'aws-crypto-ec:more': { S: 'x' } })],
    ['its creation time missing', ({ 'create-time': _, ...item }) => item],
    ['its KMS key missing', ({ 'kms-arn': _, ...item }) => item],
    ['a version that is nothing', (item) => ({ ...item, version: { NULL: true } })],
    ['its wrapped key missing', ({ enc: _, ...item }) => item],
    ['a wrapped key that is text', (item) => ({ ...item, enc: { S: 'x' } })],
    ['an empty wrapped key', (item) => ({ ...item, enc: { B: new Uint8Array() } })],
    ['a hierarchy version that is text', (item) => ({ ...item, 'hierarchy-version': { S: '1' } })],
    [
      'a hierarchy version that only counts as the same',
      (item) => ({ ...item, 'hierarchy-version': { N: '1.0' } }),
    ],
    ['a creation time that is a number', (item) => ({ ...item, 'create-time': { N: '1' } })],
    ['another creation time', (item) => ({ ...item, 'create-time': { S: '2020-01-01T00:00:00.000000Z' } })],
    ['a version that is none', (item) => ({ ...item, version: { S: 'x' } })],
    ['altered key bytes', (item) => ({ ...item, enc: { B: flipped(item['enc']?.B) } })],
    ['another patient', (item) => ({ ...item, 'branch-key-id': { S: randomUUID() } })],
    [
      'another patient in its context',
      (item) => ({ ...item, 'aws-crypto-ec:patient_id': { S: randomUUID() } }),
    ],
  ])('is refused with %s', async (_, change) => {
    const patient = await newPatient();
    const row = await rowOf(patient, 'branch:ACTIVE');
    const message = await platform.cipher().encrypt(Buffer.from('x'), contextOf(patient));
    const keyStore = platform.openKeyStore(changedRows(change));
    const cipher = platform.cipher(10, keyStore);
    expect(await refusalOf(cipher.decrypt(message, contextOf(patient)))).toBe('integrity-failure');
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
    expect(await refusalOf(keyStore.rotate(patient))).toBe('integrity-failure');
    // A key that is damaged is still there: it is not replaced by a new one.
    await keyStore.create(patient);
    expect(await rowOf(patient, 'branch:ACTIVE')).toEqual(row);
  });

  it("is refused when it holds another patient's key", async () => {
    const [patient, stranger] = [await newPatient(), await newPatient()];
    const foreign = await rowOf(stranger, 'branch:ACTIVE');
    const cipher = cipherWithRows((item) => ({ ...item, enc: foreign?.['enc'] ?? { NULL: true } }));
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
  });

  it('is refused when it is a whole row of another patient', async () => {
    const [patient, stranger] = [await newPatient(), await newPatient()];
    const foreign = await rowOf(stranger, 'branch:ACTIVE');
    const renamed = {
      ...foreign,
      'branch-key-id': { S: patient },
      'aws-crypto-ec:patient_id': { S: patient },
    };
    for (const row of [foreign, renamed]) {
      const cipher = cipherWithRows(() => row);
      expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
    }
  });

  it('is refused when it is an active row of an earlier version, renamed', async () => {
    const patient = await newPatient();
    const earlier = await rowOf(patient, 'branch:ACTIVE');
    await platform.keyStore.rotate(patient);
    const later = await rowOf(patient, 'branch:ACTIVE');
    const cipher = cipherWithRows(() => ({ ...earlier, version: later?.['version'] ?? { NULL: true } }));
    expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patient)))).toBe('integrity-failure');
  });

  it("is refused when it comes from another key store's table", async () => {
    const patient = randomUUID();
    const elsewhere = new PatientKeyStore({
      dynamoDbClient: platform.rows,
      kmsClient: platform.kms,
      kmsKeyArn: platform.kms.keyArn,
      tableName: TABLE_NAME,
      logicalName: 'another-key-store',
    });
    await elsewhere.create(patient);
    const encrypted = platform.cipher().encrypt(Buffer.from('x'), contextOf(patient));
    expect(await refusalOf(encrypted)).toBe('integrity-failure');
  });

  it('under another KMS key is not asked of KMS', async () => {
    const patient = await newPatient();
    const before = { ...platform.kms.calls };
    const arns = [
      `${platform.kms.keyArn}0`,
      'arn:aws:kms:us-east-1:111122223333:key/mrk-1',
      platform.kms.aliasArn,
      'x',
    ];
    for (const arn of arns) {
      const keyStore = platform.openKeyStore(changedRows((item) => ({ ...item, 'kms-arn': { S: arn } })));
      const encrypted = platform.cipher(10, keyStore).encrypt(Buffer.from('x'), contextOf(patient));
      expect(await refusalOf(encrypted)).toBe('key-service-unavailable');
      expect(await refusalOf(keyStore.rewrap(patient))).toBe('key-service-unavailable');
    }
    expect(platform.kms.calls).toEqual(before);
  });

  it('is destroyed with the others, whatever is wrong with it', async () => {
    const patient = await newPatient();
    const keyStore = platform.openKeyStore(
      changedRows(({ enc: _, ...item }) => ({ ...item, extra: { L: [] } })),
    );
    expect(await refusalOf(keyStore.activeVersion(patient))).toBe('integrity-failure');
    expect(await keyStore.destroy(patient)).toBe(3);
    expect(await rowOf(patient, 'branch:ACTIVE')).toBeUndefined();
  });
});

function flipped(bytes: Uint8Array | undefined): Uint8Array {
  const copy = new Uint8Array(bytes ?? []);
  copy[20] = (copy[20] ?? 0) ^ 1;
  return copy;
}
