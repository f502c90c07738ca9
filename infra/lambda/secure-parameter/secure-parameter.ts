import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { randomBytes } from 'node:crypto';
import { answerCloudFormation } from './cloudformation-answer.js';

/** Properties of the custom resource `Custom::SecureParameter`; CloudFormation turns all of them into text. */
export interface SecureParameterProperties {
  /** Path of the parameter, `/phi/<stage>/index-root`. */
  Name: string;
  /** Alias or ARN of the KMS key. */
  KeyId: string;
  /** Of tags, JSON: `{"Environment": "dev"}`. */
  Tags: string;
  /** `true`: a deletion of the resource leaves the parameter where it is. */
  Retain: string;
}

/** A refusal in fixed words: it is shown in the events of the stack. */
class Refusal extends Error {}

/** 256 bits a root, as the service reads them. They are made here and go to Parameter Store alone. */
const newIndexRoot = (): string =>
  JSON.stringify({ active: 1, roots: { 1: randomBytes(32).toString('base64') } });

/**
 * Makes a SecureString, which CloudFormation cannot, and never replaces one: a lost root makes every index entry and every
 * seal of the deployment worthless. Its value is neither returned nor logged; errors are told by their name alone.
 */
export function secureParameterHandler(client: SSMClient) {
  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const before = event.RequestType === 'Create' ? 'none' : event.PhysicalResourceId;
    try {
      const physicalId = await change(client, event);
      await answerCloudFormation(event, { status: 'SUCCESS', physicalId });
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : `Parameter Store: ${nameOf(error)}`;
      await answerCloudFormation(event, { status: 'FAILED', physicalId: before, reason });
    }
  };
}

/** @returns id of the resource: whether we made the parameter, because only such a one may be deleted, and its name */
async function change(client: SSMClient, event: CloudFormationCustomResourceEvent): Promise<string> {
  const properties = propertiesOf(event.ResourceProperties);
  switch (event.RequestType) {
    case 'Create':
      return create(client, properties);
    case 'Update':
      // Under another name it is another parameter; CloudFormation asks for the old one's deletion afterwards.
      return event.PhysicalResourceId.endsWith(`:${properties.Name}`)
        ? event.PhysicalResourceId
        : create(client, properties);
    case 'Delete': {
      const [origin, name] = event.PhysicalResourceId.split(':');
      if (origin === 'created' && name !== undefined && properties.Retain === 'false')
        await remove(client, name);
      return event.PhysicalResourceId;
    }
  }
}

async function create(client: SSMClient, { Name, KeyId, Tags }: SecureParameterProperties): Promise<string> {
  const tags = JSON.parse(Tags) as Record<string, string>;
  const existing = await typeOf(client, Name);
  if (existing !== undefined && existing !== 'SecureString') {
    throw new Refusal(
      `${Name} is there and is no SecureString: whoever made it may know its value. Remove it.`,
    );
  }
  if (existing !== undefined) return `adopted:${Name}`;
  await client.send(
    new PutParameterCommand({
      Name,
      KeyId,
      Type: 'SecureString',
      Tier: 'Standard',
      // One that came up since is not written over.
      Overwrite: false,
      Value: newIndexRoot(),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return `created:${Name}`;
}

/** Without decryption: the value stays ciphertext. */
async function typeOf(client: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: false }));
    return Parameter?.Type;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function remove(client: SSMClient, name: string): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

function propertiesOf(given: Record<string, unknown>): SecureParameterProperties {
  const { Name, KeyId, Tags, Retain } = given;
  if (typeof Name !== 'string' || !/^\/phi\/[a-z][a-z0-9-]{0,19}\/[a-z][a-z-]{0,40}$/.test(Name)) {
    throw new Refusal('Name must be /phi/<stage>/<name>');
  }
  if (typeof KeyId !== 'string' || KeyId === '') throw new Refusal('KeyId must name a KMS key');
  if (typeof Tags !== 'string') throw new Refusal('Tags must be JSON');
  if (Retain !== 'true' && Retain !== 'false') throw new Refusal('Retain must be true or false');
  return { Name, KeyId, Tags, Retain };
}

/** A message could hold what was sent; a name cannot. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
