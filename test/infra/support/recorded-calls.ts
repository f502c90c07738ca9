import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';

/** What IAM would be asked: action and resource, `dynamodb:Query records/index/recordedAt`. */
export type Asked = `${string} ${string}`;

export interface KmsCall {
  action: string;
  context: Record<string, string>;
}

const decoder = new TextDecoder();

/** What a service asks of AWS while it runs, written down as IAM sees it. */
export class RecordedCalls {
  readonly asked = new Set<Asked>();
  readonly kms: KmsCall[] = [];

  /** @param tables what each table stands for: `records`, `audit`, `keyStore` */
  constructor(private readonly tables: ReadonlyMap<string, string>) {}

  /** Sees each request as it leaves, whichever kind of client made it. */
  watchDynamoDb(client: DynamoDBClient): DynamoDBClient {
    client.middlewareStack.add(
      (next) => (args) => {
        const { headers, body } = args.request as {
          headers: Record<string, string>;
          body: Uint8Array;
        };
        const operation = headers['x-amz-target']?.split('.').at(-1) ?? '';
        this.#dynamoDb(operation, JSON.parse(decoder.decode(body)) as Record<string, unknown>);
        return next(args);
      },
      { step: 'build', priority: 'low', name: 'recordCalls' },
    );
    return client;
  }

  /** The same of a key service in this process, which is no HTTP server. */
  watchKms<Client extends KMSClient>(client: Client): Client {
    const send = (
      command: { constructor: { name: string }; input: Record<string, unknown> },
      ...rest: unknown[]
    ) => {
      const { SourceEncryptionContext, EncryptionContext = SourceEncryptionContext ?? {} } = command.input;
      const operation = command.constructor.name.replace(/Command$/, '');
      const actions = operation === 'ReEncrypt' ? ['ReEncryptFrom', 'ReEncryptTo'] : [operation];
      for (const action of actions) {
        this.asked.add(`kms:${action} recordsKey`);
        this.kms.push({ action: `kms:${action}`, context: EncryptionContext as Record<string, string> });
      }
      return Reflect.apply(client.send, client, [command, ...rest]) as unknown;
    };
    // An object that inherits from the client passes the SDK's `instanceof`.
    return Object.create(client, { send: { value: send } }) as Client;
  }

  #dynamoDb(operation: string, input: Record<string, unknown>): void {
    switch (operation) {
      case 'BatchGetItem':
        for (const table of Object.keys(input['RequestItems'] as object)) this.#table('BatchGetItem', table);
        return;
      case 'TransactWriteItems':
        for (const item of input['TransactItems'] as Record<string, { TableName: string }>[])
          for (const [kind, { TableName }] of Object.entries(item))
            this.#table(kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`, TableName);
        return;
      default:
        this.#table(operation, String(input['TableName']), input['IndexName'] as string | undefined);
    }
  }

  #table(action: string, name: string, index?: string): void {
    const table = this.tables.get(name) ?? 'unknown';
    this.asked.add(`dynamodb:${action} ${table}${index === undefined ? '' : `/index/${index}`}`);
  }
}
