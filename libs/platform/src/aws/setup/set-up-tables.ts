import { setTimeout as pause } from 'node:timers/promises';
import {
  type CreateTableCommandInput,
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type TableDescription,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  type UpdateTimeToLiveCommandInput,
} from '@aws-sdk/client-dynamodb';
import { asked, askedFor, causeNamed, SetUpConflict, type SetUpSteps } from './set-up-steps.js';

const pollMs = 500;
/** A table with three indexes takes well under a minute. */
const polls = 600;

/** Tables, with what belongs to them. A table that is there is never changed in its schema. */
export class TableSetUp {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly steps: SetUpSteps,
  ) {}

  /**
   * @param recoveryDays window of point-in-time recovery
   * @throws SetUpConflict when a table is there that has another schema
   */
  async ensure(
    definition: CreateTableCommandInput,
    recoveryDays: number,
    timeToLive?: UpdateTimeToLiveCommandInput,
  ): Promise<void> {
    const name = definition.TableName ?? '';
    const thing = `table ${name}`;
    const known = await this.#describe(name);
    if (known === undefined) {
      if (!(await this.steps.make(thing, () => this.#create(definition)))) return;
    } else {
      needSameSchema(thing, known, definition);
      this.steps.add(thing, 'there');
    }
    if (timeToLive !== undefined) await this.#expire(name, timeToLive);
    await this.#keepBackups(name, recoveryDays);
  }

  async #describe(name: string): Promise<TableDescription | undefined> {
    const request = { thing: `table ${name}`, action: 'dynamodb:DescribeTable' };
    const answer = await askedFor(request, 'ResourceNotFoundException', () =>
      this.client.send(new DescribeTableCommand({ TableName: name })),
    );
    return answer?.Table;
  }

  async #create(definition: CreateTableCommandInput): Promise<void> {
    const name = definition.TableName ?? '';
    try {
      await asked({ thing: `table ${name}`, action: 'dynamodb:CreateTable' }, () =>
        this.client.send(new CreateTableCommand(definition)),
      );
    } catch (error) {
      // Another run was first.
      if (!causeNamed(error, 'ResourceInUseException')) throw error;
    }
    for (let poll = 0; poll < polls; poll++) {
      const table = await this.#describe(name);
      const indexes = table?.GlobalSecondaryIndexes ?? [];
      if (table?.TableStatus === 'ACTIVE' && indexes.every(({ IndexStatus }) => IndexStatus === 'ACTIVE'))
        return;
      await pause(pollMs);
    }
    throw new SetUpConflict(`table ${name} is not active after ${(polls * pollMs) / 1000} seconds`);
  }

  async #expire(name: string, input: UpdateTimeToLiveCommandInput): Promise<void> {
    const thing = `table ${name}, expiry of items`;
    const wanted = input.TimeToLiveSpecification?.AttributeName;
    const known = await this.#expiresBy(name, thing);
    if (known !== undefined) {
      if (known === wanted) return this.steps.add(thing, 'there');
      throw new SetUpConflict(`${thing} goes by another attribute: it must be ${wanted}`);
    }
    await this.steps.make(thing, async () => {
      try {
        await asked({ thing, action: 'dynamodb:UpdateTimeToLive' }, () =>
          this.client.send(new UpdateTimeToLiveCommand(input)),
        );
      } catch (error) {
        // Another run was first.
        if ((await this.#expiresBy(name, thing)) !== wanted) throw error;
      }
    });
  }

  /** @returns the attribute that items expire by, if they do */
  async #expiresBy(name: string, thing: string): Promise<string | undefined> {
    const request = { thing, action: 'dynamodb:DescribeTimeToLive' };
    const { TimeToLiveDescription: known } = await asked(request, () =>
      this.client.send(new DescribeTimeToLiveCommand({ TableName: name })),
    );
    return known?.TimeToLiveStatus?.startsWith('ENABL') ? known.AttributeName : undefined;
  }

  /** 45 CFR 164.308(a)(7)(ii)(A), data backup plan. */
  async #keepBackups(name: string, recoveryDays: number): Promise<void> {
    const thing = `table ${name}, point-in-time recovery`;
    try {
      const { ContinuousBackupsDescription } = await asked(
        { thing, action: 'dynamodb:DescribeContinuousBackups' },
        () => this.client.send(new DescribeContinuousBackupsCommand({ TableName: name })),
      );
      const known = ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
      if (known?.PointInTimeRecoveryStatus === 'ENABLED') {
        // An erasure's receipt promises when the last copy of a key is gone: it must not be kept for longer.
        const days = known.RecoveryPeriodInDays;
        if (days === undefined || days === recoveryDays) return this.steps.add(thing, 'there');
      }
      await this.steps.make(thing, () => this.#enableBackups(name, thing, recoveryDays));
    } catch (error) {
      if (!causeNamed(error, 'UnknownOperationException')) throw error;
      this.steps.add(thing, 'unsupported');
    }
  }

  async #enableBackups(name: string, thing: string, RecoveryPeriodInDays: number): Promise<void> {
    const command = new UpdateContinuousBackupsCommand({
      TableName: name,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays },
    });
    await asked({ thing, action: 'dynamodb:UpdateContinuousBackups' }, () => this.client.send(command));
  }
}

/** @throws SetUpConflict that names the first difference */
function needSameSchema(thing: string, known: TableDescription, wanted: CreateTableCommandInput): void {
  const typeOf = ({ AttributeDefinitions = [] }: TableDescription | CreateTableCommandInput) => {
    const types = new Map(AttributeDefinitions.map((one) => [one.AttributeName, one.AttributeType]));
    return (schema: readonly KeySchemaElement[] = []) =>
      schema
        .map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType}, ${types.get(AttributeName)})`)
        .sort()
        .join(', ');
  };
  const [knownKeys, wantedKeys] = [typeOf(known), typeOf(wanted)];
  const differ = (what: string, is: string, mustBe: string) => {
    if (is !== mustBe) {
      throw new SetUpConflict(
        `${thing} has another schema: ${what} ${is === '' ? 'are missing' : `are ${is}`}; they must be ${mustBe}`,
      );
    }
  };
  differ('its keys', knownKeys(known.KeySchema), wantedKeys(wanted.KeySchema));
  for (const kind of ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'] as const) {
    for (const { IndexName, KeySchema, Projection } of wanted[kind] ?? []) {
      const found = known[kind]?.find((one) => one.IndexName === IndexName);
      differ(`the keys of its index ${IndexName}`, knownKeys(found?.KeySchema), wantedKeys(KeySchema));
      differ(
        `the contents of its index ${IndexName}`,
        String(found?.Projection?.ProjectionType),
        String(Projection?.ProjectionType),
      );
    }
  }
  const stream = wanted.StreamSpecification?.StreamViewType;
  if (stream !== undefined)
    differ('the images of its stream', known.StreamSpecification?.StreamViewType ?? '', stream);
}
