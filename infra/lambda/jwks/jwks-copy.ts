import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { CloudFormationCustomResourceEvent, ScheduledEvent } from 'aws-lambda';
import { answerCloudFormation } from '../secure-parameter/cloudformation-answer.js';
import { issuerKeys, KeysRefused } from './issuer-keys.js';

interface JwksHandlerParts {
  client: SSMClient;
  issuer: string;
  parameterName: string;
  tags: Record<string, string>;
  /** In place of reading the issuer's documents, for tests. */
  read?: (issuer: string) => Promise<string>;
  log: (line: string) => void;
}

/**
 * Copies the issuer's keys into a parameter, because the network of the service leads to no issuer: on a schedule, and once while the
 * stack is deployed, so that the first task finds them. If it fails the parameter stays as it was, and the function's errors
 * raise the alarm.
 */
export function jwksHandler(parts: JwksHandlerParts) {
  return async (event: ScheduledEvent | CloudFormationCustomResourceEvent): Promise<void> => {
    if (!('RequestType' in event)) return copy(parts);
    const physicalId = parts.parameterName;
    try {
      await (event.RequestType === 'Delete' ? remove(parts) : copy(parts));
      await answerCloudFormation(event, { status: 'SUCCESS', physicalId });
    } catch (error) {
      await answerCloudFormation(event, { status: 'FAILED', physicalId, reason: reasonOf(error) });
    }
  };
}

async function copy(parts: JwksHandlerParts): Promise<void> {
  const { client, parameterName: Name, issuer, read = issuerKeys, log } = parts;
  try {
    const keys = await read(issuer);
    const isNew = keys !== (await current(client, Name));
    if (isNew) await write(parts, keys);
    log(`${JSON.stringify({ message: isNew ? 'keys copied' : 'keys unchanged' })}\n`);
  } catch (error) {
    log(`${JSON.stringify({ message: 'keys not copied', reason: reasonOf(error) })}\n`);
    throw error;
  }
}

async function write({ client, parameterName: Name, tags }: JwksHandlerParts, Value: string): Promise<void> {
  await client.send(
    // Public keys: no secret, and 4 KB are too few for an issuer with many.
    new PutParameterCommand({ Name, Value, Type: 'String', Tier: 'Intelligent-Tiering', Overwrite: true }),
  );
  // Tags cannot come with a value that replaces one.
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await client.send(new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: Name, Tags }));
}

async function current(client: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function remove({ client, parameterName: Name }: JwksHandlerParts): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

/** A message of the SDK could hold what was sent; a name cannot. */
function reasonOf(error: unknown): string {
  if (error instanceof KeysRefused) return error.message;
  return `Parameter Store: ${error instanceof Error ? error.name : 'unknown error'}`;
}
