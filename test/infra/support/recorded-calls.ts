import type { AwsAccount } from '../../support/aws/aws-account.js';
import type { AwsCall } from '../../support/aws/aws-endpoint.js';

/** What IAM would be asked: action and resource, `dynamodb:Query records/index/recordedAt`. */
export type Asked = `${string} ${string}`;

/** What was asked of AWS since the account was reset, as IAM sees it. */
export class RecordedCalls {
  /** @param names of the deployment's tables and aliases, by what they stand for: `records`, `keyStore`, `recordsKey` */
  constructor(
    private readonly account: AwsAccount,
    private readonly names: { tables: Record<string, string>; aliases: Record<string, string> },
  ) {}

  all(): Set<Asked> {
    const { dynamoDb, kms, ssm, bedrock } = this.account;
    return new Set([
      ...dynamoDb.endpoint.calls.flatMap((call) => this.#dynamoDb(call)),
      ...kms.endpoint.calls.flatMap((call) => this.#kms(call)),
      ...ssm.endpoint.calls.map((call): Asked => {
        const path = String(call.input['Name']).split(':')[0] ?? '';
        return `ssm:${call.operation} ${path.split('/').at(-1)}`;
      }),
      ...bedrock.requests.map(({ operation }): Asked =>
        operation === 'guardrail' ? 'bedrock:ApplyGuardrail guardrail' : 'bedrock:InvokeModel models',
      ),
    ]);
  }

  /** Encryption contexts of every use of the key that wraps branch keys. */
  contexts(): Record<string, string>[] {
    return this.account.kms.endpoint.calls
      .map(({ input }) => input['EncryptionContext'] ?? input['SourceEncryptionContext'])
      .filter((context) => context !== undefined)
      .map((context) => context as Record<string, string>);
  }

  #kms({ operation, input }: AwsCall): Asked[] {
    const key = (name: string) => this.#keyOf(String(input[name]));
    return operation === 'ReEncrypt'
      ? [`kms:ReEncryptFrom ${key('SourceKeyId')}`, `kms:ReEncryptTo ${key('DestinationKeyId')}`]
      : [`kms:${operation} ${key('KeyId')}`];
  }

  /** IAM knows a key by its ARN, also when it was asked for by an alias. */
  #keyOf(asked: string): string {
    const { keys } = this.account.kms;
    const { arn } = keys.find(asked);
    const [name = 'unknown'] =
      Object.entries(this.names.aliases).find(([, alias]) => keys.find(alias).arn === arn) ?? [];
    return name;
  }

  #dynamoDb({ operation, input }: AwsCall): Asked[] {
    switch (operation) {
      case 'BatchGetItem':
        return Object.keys(input['RequestItems'] as object).map((table) =>
          this.#table('BatchGetItem', table),
        );
      case 'TransactWriteItems':
        return (input['TransactItems'] as Record<string, { TableName: string }>[]).flatMap((item) =>
          Object.entries(item).map(([kind, { TableName }]) =>
            this.#table(kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`, TableName),
          ),
        );
      default:
        return [this.#table(operation, String(input['TableName']), input['IndexName'] as string | undefined)];
    }
  }

  #table(action: string, name: string, index?: string): Asked {
    const [table = 'unknown'] = Object.entries(this.names.tables).find(([, one]) => one === name) ?? [];
    return `dynamodb:${action} ${table}${index === undefined ? '' : `/index/${index}`}`;
  }
}
