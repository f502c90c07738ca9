import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { keyStoreHarness, type OpenKeyStoreTable } from './key-store.harness.js';

/** What PatientKeyStore promises, on whatever holds its rows. */
export function keyStoreContract(name: string, open: () => Promise<OpenKeyStoreTable>): void {
  const here = keyStoreHarness(open);
  const {
    interruptedOnce,
    interrupted,
    newPatient,
    rowsOf,
    typesOf,
    keysOf,
    activeKeyOf,
    expectWholeOrNothing,
    refusalOf,
  } = here;

  describe(`the key store on ${name}: creating and rotating`, () => {
    it('makes one whole key of however many creations at the same time', async () => {
      const patient = randomUUID();
      expect(await here.keyStore.activeVersion(patient)).toBeUndefined();
      await Promise.all(Array.from({ length: 8 }, () => here.keyStore.create(patient)));
      expect(await rowsOf(patient)).toHaveLength(3);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      const [active] = await activeKeyOf(patient);
      expect(await here.keyStore.activeVersion(patient)).toBe(active);
      await here.keyStore.create(patient);
      expect(await here.keyStore.activeVersion(patient)).toBe(active);
    });

    it('adds a version for each rotation, also when they race, and keeps the earlier ones', async () => {
      const patient = await newPatient();
      const before = await keysOf(patient);
      await Promise.all(Array.from({ length: 5 }, () => here.keyStore.rotate(patient)));
      const after = await keysOf(patient);
      expect(after.size).toBe(6);
      for (const [version, key] of before) expect(after.get(version)).toBe(key);
      expect(new Set(after.values()).size).toBe(6);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      expect([...before.keys()]).not.toContain(await here.keyStore.activeVersion(patient));
    });

    it('rotates no key that is not there', async () => {
      const patient = randomUUID();
      expect(await refusalOf(here.keyStore.rotate(patient))).toBe('key-service-unavailable');
      expect(await rowsOf(patient)).toEqual([]);
    });
  });

  describe(`the key store on ${name}: listing`, () => {
    it('tells every patient once, by pages, while others come and go', async () => {
      const patients = await Promise.all(Array.from({ length: 12 }, newPatient));
      for (const patient of patients.slice(0, 3)) await here.keyStore.rotate(patient);
      const seen: string[] = [];
      const destroyed: string[] = [];
      let after: string | undefined;
      do {
        const page = await here.keyStore.patients(5, after);
        expect(page.patientIds.length).toBeLessThanOrEqual(5);
        seen.push(...page.patientIds);
        after = page.next;
        // The walk goes on even from a patient who is not there any more.
        if (after !== undefined && patients.includes(after)) {
          destroyed.push(after);
          await here.keyStore.destroy(after);
        }
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(patients.filter((patient) => !seen.includes(patient))).toEqual([]);
      const { patientIds, next } = await here.keyStore.patients(seen.length - destroyed.length);
      expect(next).toBeUndefined();
      expect(patientIds.sort()).toEqual(seen.filter((patient) => !destroyed.includes(patient)).sort());
    });
  });

  describe(`the key store on ${name}: destroying`, () => {
    it('deletes every row of the patient and none of another, and can be repeated', async () => {
      const [patient, other] = [await newPatient(), await newPatient()];
      await here.keyStore.rotate(patient);
      const kept = await rowsOf(other);
      expect(await here.keyStore.destroy(patient)).toBe(4);
      expect(await rowsOf(patient)).toEqual([]);
      expect(await here.keyStore.destroy(patient)).toBe(0);
      expect(await here.keyStore.activeVersion(patient)).toBeUndefined();
      await expect(here.keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'no-key' });
      expect(await rowsOf(other)).toEqual(kept);
    });

    it('begins with the active row when there are more versions than a transaction takes, and goes on later', async () => {
      const patient = await newPatient();
      for (let version = 2; version <= 110; version++) await here.keyStore.rotate(patient);
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
      expect(await here.keyStore.activeVersion(patient)).toBeUndefined();
      expect(await here.keyStore.destroy(patient)).toBe(12);
      expect(await rowsOf(patient)).toEqual([]);
    }, 60_000);

    it.each<[string, (patient: string) => Promise<unknown>]>([
      ['a rotation', (patient) => here.keyStore.rotate(patient)],
      ['another destruction', (patient) => here.keyStore.destroy(patient)],
      [
        'a destruction and a creation',
        async (patient) => {
          await here.keyStore.destroy(patient);
          await here.keyStore.create(patient);
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
        TableName: here.table.tableName,
        Item: { ...left, 'branch-key-id': { S: patient } },
        ConditionExpression: 'attribute_not_exists(#bkid)',
        ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
      };
      await here.table.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put }] }));
      expect(await interruptedOnce(() => here.keyStore.create(patient)).destroy(patient)).toBe(4);
      expect(await rowsOf(patient)).toEqual([]);
    });

    it('of a patient whose key is being created leaves it whole or does away with all of it', async () => {
      const patient = randomUUID();
      await interruptedOnce(() => here.keyStore.destroy(patient)).create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      await interruptedOnce(() => here.keyStore.destroy(patient)).create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      // The creation finds the key, and it is destroyed before it can say so.
      const created = interrupted(async (command) => {
        if (command instanceof TransactWriteItemsCommand) await here.keyStore.destroy(patient);
      });
      await here.keyStore.create(patient);
      await created.create(patient);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
    });

    it('never leaves half a key to creations, rotations and destructions at the same time', async () => {
      for (let round = 0; round < 12; round++) {
        const patient = randomUUID();
        const actions = [
          here.keyStore.create(patient),
          here.keyStore.destroy(patient),
          here.keyStore.create(patient).then(() => here.keyStore.rotate(patient)),
          here.keyStore.create(patient).then(() => here.keyStore.destroy(patient)),
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
      await here.keyStore.rotate(patient);
      const [keys, active] = [await keysOf(patient), await activeKeyOf(patient)];
      const earlier = here.kms.keyArn;
      const current = here.kms.addKey();
      expect(await here.keyStore.currentKmsKey()).toBe(current);
      const counts = await Promise.all(Array.from({ length: 4 }, () => here.keyStore.rewrap(patient)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(4);
      expect(await here.keyStore.rewrap(patient)).toBe(0);
      expect((await rowsOf(patient)).map((row) => row['kms-arn']?.S)).toEqual(Array(4).fill(current));
      expect(await keysOf(patient)).toEqual(keys);
      expect(await activeKeyOf(patient)).toEqual(active);
      expect((await here.keyStore.kmsKeyUse()).get(current)).toBe(4);
      expect((await here.keyStore.kmsKeyUse()).get(earlier)).toBeGreaterThan(0);
    });

    it('rotates a key that is still under an earlier one, and writes under the current one', async () => {
      const patient = await newPatient();
      const keys = await keysOf(patient);
      const current = here.kms.addKey();
      await here.keyStore.rotate(patient);
      for (const [version, key] of keys) expect((await keysOf(patient)).get(version)).toBe(key);
      expect((await rowsOf(patient)).map((row) => row['kms-arn']?.S)).toEqual(Array(4).fill(current));
      expect(await expectWholeOrNothing(patient)).toBe('whole');
    });

    it('loses against a rotation or a destruction that comes between, and then does what is left', async () => {
      const patient = await newPatient();
      here.kms.addKey();
      expect(await interruptedOnce(() => here.keyStore.rotate(patient)).rewrap(patient)).toBe(0);
      expect(await expectWholeOrNothing(patient)).toBe('whole');
      here.kms.addKey();
      expect(await interruptedOnce(() => here.keyStore.destroy(patient)).rewrap(patient)).toBe(0);
      expect(await rowsOf(patient)).toEqual([]);
    });

    it('has moved every row once every patient was done', async () => {
      const current = here.kms.addKey();
      let after: string | undefined;
      do {
        const page = await here.keyStore.patients(10, after);
        for (const patient of page.patientIds) await here.keyStore.rewrap(patient);
        after = page.next;
      } while (after !== undefined);
      expect([...(await here.keyStore.kmsKeyUse()).keys()]).toEqual([current]);
    });
  });
}
