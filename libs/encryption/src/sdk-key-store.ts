import { BranchKeyStoreNode } from '@aws-crypto/client-node';
import type { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import {
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import { BranchKeyError } from './branch-key-error.js';
import { ACTIVE_ROW, type BranchKeyRow, parseBranchKeyRow } from './branch-key-row.js';
import type { BranchKeySource } from './branch-key-source.js';
import { JustWrittenRows } from './just-written-rows.js';

export type SdkKeyStoreConfiguration = ConstructorParameters<typeof BranchKeyStoreNode>[0];

interface SdkKeyStoreOptions {
  dynamoDbClient: DynamoDBClient;
  kmsClient: KMSClient;
  tableName: string;
  logicalName: string;
}

type CheckRow = (row: BranchKeyRow) => Promise<void>;

/**
 * For a key store of the SDK that reads. `discovery` lets it ask KMS for whatever key a row names, since the key behind an
 * alias changes and it could be told only one; but a row that `check` refuses never gets that far.
 */
export function sdkKeyStoreConfiguration(
  { dynamoDbClient, kmsClient, tableName, logicalName }: SdkKeyStoreOptions,
  check: CheckRow,
): SdkKeyStoreConfiguration {
  return {
    logicalKeyStoreName: logicalName,
    storage: { ddbTableName: tableName, ddbClient: checkedClient(dynamoDbClient, check) },
    keyManagement: { kmsClient },
    kmsConfiguration: 'discovery',
  };
}

/**
 * What the SDK reads rows through: strongly consistent, because a key that another instance created a moment ago could be
 * missing else, and no row that is not whole, is not the one that was asked for, or does not pass `check`. An active row
 * that was written through it in this turn of the event loop is not read again.
 */
function checkedClient(client: DynamoDBClient, check: CheckRow): DynamoDBClient {
  const justWritten = new JustWrittenRows();
  const read = async (command: GetItemCommand): Promise<GetItemCommandOutput> => {
    const patientId = command.input.Key?.['branch-key-id']?.S ?? '';
    const type = command.input.Key?.['type']?.S ?? '';
    const known = type === ACTIVE_ROW ? justWritten.takeActive(patientId) : undefined;
    command.input.ConsistentRead = true;
    const answer = known === undefined ? await client.send(command) : { $metadata: {}, Item: known };
    if (answer.Item === undefined) {
      throw new BranchKeyError(type === ACTIVE_ROW ? 'no-key' : 'unknown-version', undefined);
    }
    await check(parseBranchKeyRow(answer.Item, patientId, type));
    return answer;
  };
  const send = async (command: unknown, ...rest: unknown[]): Promise<unknown> => {
    if (command instanceof GetItemCommand) return read(command);
    const answer: unknown = await Reflect.apply(client.send, client, [command, ...rest]);
    if (command instanceof TransactWriteItemsCommand) justWritten.keep(command.input.TransactItems ?? []);
    return answer;
  };
  // An object that inherits from the client passes the SDK's `instanceof`.
  return Object.create(client, { send: { value: send } }) as DynamoDBClient;
}

/** The state lives outside: the SDK freezes the instance in its constructor. */
const sources = new WeakMap<BranchKeyStoreNode, BranchKeySource>();

/** What the keyring is given: each answer is a copy that nobody else holds. */
export class ReadThroughKeyStore extends BranchKeyStoreNode {
  constructor(configuration: SdkKeyStoreConfiguration, source: BranchKeySource) {
    super(configuration);
    sources.set(this, source);
  }

  override getActiveBranchKey(branchKeyId: string): Promise<NodeBranchKeyMaterial> {
    return sourceOf(this).active(branchKeyId);
  }

  override getBranchKeyVersion(branchKeyId: string, version: string): Promise<NodeBranchKeyMaterial> {
    return sourceOf(this).version(branchKeyId, version);
  }
}

function sourceOf(keyStore: BranchKeyStoreNode): BranchKeySource {
  const source = sources.get(keyStore);
  if (source === undefined) throw new Error('A key store without a source');
  return source;
}
