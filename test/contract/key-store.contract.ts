import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { LocalKmsClient, PatientKeyStore } from '@app/encryption';
import { Problem } from '@app/problem-details';

export interface OpenKeyStoreTable {
  client: DynamoDBClient;
  tableName: string;
  close: () => Promise<void>;
}

type Row = Record<string, AttributeValue>;
type BeforeCommand = (command: unknown) => Promise<void> | void;

/** What PatientKeyStore promises, on whatever holds its rows. */
export function keyStoreContract(name: string, open: () => Promise<OpenKeyStoreTable>): void {
  let table: OpenKeyStoreTable;
  let folder: string;
  let kms: LocalKmsClient;
  let keyStore: PatientKeyStore;

  beforeAll(async () => {
    table = await open();
    folder = mkdtempSync(join(tmpdir(), 'phi-key-store-contract-'));
    kms = LocalKmsClient.open(join(folder, 'kms-root-key'));
    keyStore = keyStoreOn(table.client);
  }, 90_000);
  afterAll(async () => {
    await table.close();
    rmSync(folder, { recursive: true });
  });

  const keyStoreOn = (client: DynamoDBClient) =>
    new PatientKeyStore({
      dynamoDbClient: client,
      kmsClient: kms,
      kmsKeyArn: kms.aliasArn,
      earlierKmsKeyArns: () => kms.keyArns,
      kmsKeyLookupSeconds: 0,
      tableName: table.tableName,
      logicalName: 'contract',
    });

  /** A key store in which something happens before each command. */
  const interrupted = (before: BeforeCommand) => {
    const send = async (command: unknown): Promise<unknown> => {
      await before(command);
      return Reflect.apply(table.client.send, table.client, [command]);
    };
    return keyStoreOn(Object.create(table.client, { send: { value: send } }) as DynamoDBClient);
  };

  /** A key store in which `happening` happens once, just before it writes. */
  const interruptedOnce = (happening: () => Promise<unknown>) => {
    let isDone = false;
    return interrupted(async (command) => {
      if (isDone || !(command instanceof TransactWriteItemsCommand)) return;
      isDone = true;
      await happening();
    });
  };

  const newPatient = async (): Promise<string> => {
    const patient = randomUUID();
    await keyStore.create(patient);
    return patient;
  };

  const rowsOf = async (patient: string): Promise<Row[]> => {
    const query = new QueryCommand({
      TableName: table.tableName,
      KeyConditionExpression: '#bkid = :bkid',
      ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
      ExpressionAttributeValues: { ':bkid': { S: patient } },
      ConsistentRead: true,
    });
    return (await table.client.send(query)).Items ?? [];
  };
  const typesOf = async (patient: string) => (await rowsOf(patient)).map((row) => row['type']?.S ?? '');
  const versionsOf = async (patient: string) =>
    (await typesOf(patient)).flatMap((type) => (type.startsWith('branch:version:') ? [type.slice(15)] : []));

  /** Every version's key in clear, by its id: each can be had from KMS. */
  const keysOf = async (patient: string): Promise<Map<string, string>> => {
    const keys = new Map<string, string>();
    for (const version of await versionsOf(patient)) {
      const material = await keyStore.fetchVersion(patient, version);
      keys.set(version, Buffer.from(material.branchKey()).toString('hex'));
    }
    return keys;
  };
  const activeKeyOf = async (patient: string) => {
    const material = await keyStore.fetchActive(patient);
    return [material.branchKeyVersion.toString('utf8'), Buffer.from(material.branchKey()).toString('hex')];
  };

  /** A key is there as a whole, all of it usable, or there is nothing. */
  const expectWholeOrNothing = async (patient: string): Promise<'whole' | 'nothing'> => {
    if ((await rowsOf(patient)).length === 0) return 'nothing';
    const versions = await versionsOf(patient);
    expect((await typesOf(patient)).sort()).toEqual(
      ['beacon:ACTIVE', 'branch:ACTIVE', ...versions.map((version) => `branch:version:${version}`)].sort(),
    );
    const keys = await keysOf(patient);
    const [version = '', key] = await activeKeyOf(patient);
    expect(keys.get(version)).toBe(key);
    return 'whole';
  };

  const refusalOf = async (attempt: Promise<unknown>) => {
    const error: unknown = await attempt.then(
      () => 'accepted',
      (reason: unknown) => reason,
    );
    return error instanceof Problem ? error.type.name : error;
  };

  describe(`the key store on ${name}: creating and rotating`, () => {
    it('makes one whole key of however many creations at the same time', async () => {
      const patient = randomUUID();
      expect(await keyStore.activeVersion(patient)).toBeUndefined();
      await Promise.all(Array.from({ length: 8 }, () => keyStore.create(patient)));
      expect(await rowsOf(patient)).toHaveLength(3);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      const [active] = await activeKeyOf(patient);
      expect(await keyStore.activeVersion(patient)).toBe(active);
      await keyStore.create(patient);
      expect(await keyStore.activeVersion(patient)).toBe(active);
    });

    it('adds a version for each rotation, also when they race, and keeps the earlier ones', async () => {
      const patient = await newPatient();
      const before = await keysOf(patient);
      await Promise.all(Array.from({ length: 5 }, () => keyStore.rotate(patient)));
      const after = await keysOf(patient);
      expect(after.size).toBe(6);
      for (const [version, key] of before) expect(after.get(version)).toBe(key);
      expect(new Set(after.values()).size).toBe(6);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      expect([...before.keys()]).not.toContain(await keyStore.activeVersion(patient));
    });

    it('rotates no key that is not there', async () => {
      const patient = randomUUID();
      expect(await refusalOf(keyStore.rotate(patient))).toBe('key-service-unavailable');
      expect(await rowsOf(patient)).toEqual([]);
    });
  });

  describe(`the key store on ${name}: listing`, () => {
    it('tells every patient once, by pages, while others come and go', async () => {
      const patients = await Promise.all(Array.from({ length: 12 }, newPatient));
      for (const patient of patients.slice(0, 3)) await keyStore.rotate(patient);
      const seen: string[] = [];
      const destroyed: string[] = [];
      let after: string | undefined;
      do {
        const page = await keyStore.patients(5, after);
        expect(page.patientIds.length).toBeLessThanOrEqual(5);
        seen.push(...page.patientIds);
        after = page.next;
        // The walk goes on even from a patient who is not there any more.
        if (after !== undefined && patients.includes(after)) {
          destroyed.push(after);
          await keyStore.destroy(after);
        }
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(patients.filter((patient) => !seen.includes(patient))).toEqual([]);
      const { patientIds, next } = await keyStore.patients(seen.length - destroyed.length);
      expect(next).toBeUndefined();
      expect(patientIds.sort()).toEqual(seen.filter((patient) => !destroyed.includes(patient)).sort());
    });
  });

  describe(`the key store on ${name}: destroying`, () => {
    it('deletes every row of the patient and none of another, and can be repeated', async () => {
      const [patient, other] = [await newPatient(), await newPatient()];
      await keyStore.rotate(patient);
      const kept = await rowsOf(other);
      expect(await keyStore.destroy(patient)).toBe(4);
      expect(await rowsOf(patient)).toEqual([]);
      expect(await keyStore.destroy(patient)).toBe(0);
      expect(await keyStore.activeVersion(patient)).toBeUndefined();
      await expect(keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'no-key' });
      expect(await rowsOf(other)).toEqual(kept);
    });

    it('begins with the active row when there are more versions than a transaction takes, and goes on later', async () => {
      const patient = await newPatient();
      for (let version = 2; version <= 110; version++) await keyStore.rotate(patient);
      let transactions = 0;
      const failing = interrupted((command) => {
        if (!(command instanceof TransactWriteItemsCommand)) return;
        transactions += 1;
        if (transactions === 2) throw new Error('The process ends here');
      });
      expect(await refusalOf(failing.destroy(patient))).toBe('key-service-unavailable');
      const left = await typesOf(patient);
      expect(left).toHaveLength(12);
      expect(left.every((type) => type.startsWith('branch:version:'))).toBe(true);
      expect(await keyStore.activeVersion(patient)).toBeUndefined();
      expect(await keyStore.destroy(patient)).toBe(12);
      expect(await rowsOf(patient)).toEqual([]);
    }, 60_000);

    it.each<[string, (patient: string) => Promise<unknown>]>([
      ['a rotation', (patient) => keyStore.rotate(patient)],
      ['another destruction', (patient) => keyStore.destroy(patient)],
      [
        'a destruction and a creation',
        async (patient) => {
          await keyStore.destroy(patient);
          await keyStore.create(patient);
        },
      ],
    ])('leaves nothing behind when %s comes between its reading and its writing', async (_, happening) => {
      const patient = await newPatient();
      await interruptedOnce(() => happening(patient)).destroy(patient);
      expect(await rowsOf(patient)).toEqual([]);
    });

    it('of what a destruction that was cut short left takes a new key with it, or leaves that whole', async () => {
      const [patient, other] = [randomUUID(), await newPatient()];
      const left = (await rowsOf(other)).find((row) => row['type']?.S?.startsWith('branch:version:')) ?? {};
      const put = {
        TableName: table.tableName,
        Item: { ...left, 'branch-key-id': { S: patient } },
        ConditionExpression: 'attribute_not_exists(#bkid)',
        ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
      };
      await table.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put }] }));
      expect(await interruptedOnce(() => keyStore.create(patient)).destroy(patient)).toBe(4);
      expect(await rowsOf(patient)).toEqual([]);
    });

    it('of a patient whose key is being created leaves it whole or does away with all of it', async () => {
      const patient = randomUUID();
      await interruptedOnce(() => keyStore.destroy(patient)).create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      await interruptedOnce(() => keyStore.destroy(patient)).create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      // The creation finds the key, and it is destroyed before it can say so.
      const created = interrupted(async (command) => {
        if (command instanceof TransactWriteItemsCommand) await keyStore.destroy(patient);
      });
      await keyStore.create(patient);
      await created.create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
    });

    it('never leaves half a key to creations, rotations and destructions at the same time', async () => {
      for (let round = 0; round < 12; round++) {
        const patient = randomUUID();
        const actions = [
          keyStore.create(patient),
          keyStore.destroy(patient),
          keyStore.create(patient).then(() => keyStore.rotate(patient)),
          keyStore.create(patient).then(() => keyStore.destroy(patient)),
        ];
        for (const outcome of await Promise.allSettled(actions)) {
          // A rotation may find the key destroyed; nothing else may fail.
          if (outcome.status === 'rejected')
            expect(await refusalOf(Promise.reject(outcome.reason))).toBe('key-service-unavailable');
        }
        await expectWholeOrNothing(patient);
      }
    });
  });

  describe(`the key store on ${name}: another KMS key`, () => {
    it('wraps the same keys under the current KMS key, once, however many do it', async () => {
      const patient = await newPatient();
      await keyStore.rotate(patient);
      const [keys, active] = [await keysOf(patient), await activeKeyOf(patient)];
      const earlier = kms.keyArn;
      const current = kms.addKey();
      expect(await keyStore.currentKmsKey()).toBe(current);
      const counts = await Promise.all(Array.from({ length: 4 }, () => keyStore.rewrap(patient)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(4);
      expect(await keyStore.rewrap(patient)).toBe(0);
      expect((await rowsOf(patient)).map((row) => row['kms-arn']?.S)).toEqual(Array(4).fill(current));
      expect(await keysOf(patient)).toEqual(keys);
      expect(await activeKeyOf(patient)).toEqual(active);
      expect((await keyStore.kmsKeyUse()).get(current)).toBe(4);
      expect((await keyStore.kmsKeyUse()).get(earlier)).toBeGreaterThan(0);
    });

    it('rotates a key that is still under an earlier one, and writes under the current one', async () => {
      const patient = await newPatient();
      const keys = await keysOf(patient);
      const current = kms.addKey();
      await keyStore.rotate(patient);
      for (const [version, key] of keys) expect((await keysOf(patient)).get(version)).toBe(key);
      expect((await rowsOf(patient)).map((row) => row['kms-arn']?.S)).toEqual(Array(4).fill(current));
      expect(await expectWholeOrNothing(patient)).toBe('whole');
    });

    it('loses against a rotation or a destruction that comes between, and then does what is left', async () => {
      const patient = await newPatient();
      kms.addKey();
      expect(await interruptedOnce(() => keyStore.rotate(patient)).rewrap(patient)).toBe(0);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      kms.addKey();
      expect(await interruptedOnce(() => keyStore.destroy(patient)).rewrap(patient)).toBe(0);
      expect(await rowsOf(patient)).toEqual([]);
    });

    it('has moved every row once every patient was done', async () => {
      const current = kms.addKey();
      let after: string | undefined;
      do {
        const page = await keyStore.patients(10, after);
        for (const patient of page.patientIds) await keyStore.rewrap(patient);
        after = page.next;
      } while (after !== undefined);
      expect([...(await keyStore.kmsKeyUse()).keys()]).toEqual([current]);
    });
  });
}
