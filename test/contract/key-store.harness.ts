import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
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

/** A key store on real rows for the tests around it, and what they look at it with. */
export function keyStoreHarness(open: () => Promise<OpenKeyStoreTable>) {
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

  return {
    get table() {
      return table;
    },
    get kms() {
      return kms;
    },
    get keyStore() {
      return keyStore;
    },
    interrupted,
    interruptedOnce,
    newPatient,
    rowsOf,
    typesOf,
    versionsOf,
    keysOf,
    activeKeyOf,
    expectWholeOrNothing,
    refusalOf,
  };
}
