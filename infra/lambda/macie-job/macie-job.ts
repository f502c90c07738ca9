import {
  CreateClassificationJobCommand,
  type Macie2Client,
  ResourceNotFoundException,
  UpdateClassificationJobCommand,
  ValidationException,
} from '@aws-sdk/client-macie2';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { answerCloudFormation } from '../secure-parameter/cloudformation-answer.js';

/** Properties of the custom resource `Custom::MacieJob`; CloudFormation turns all of them into text. */
export interface MacieJobProperties {
  /** Of jobs; a number is added, as names are given once. */
  Name: string;
  /** Names of buckets, JSON. */
  Buckets: string;
  /** `DAILY`, `WEEKLY` or `MONTHLY`. */
  Frequency: string;
  /** JSON: `{"Environment": "dev"}`. */
  Tags: string;
}

/** A refusal in fixed words: it is shown in the events of the stack. */
class Refusal extends Error {}

interface MacieJobProps {
  client: Macie2Client;
  account: string;
}

/**
 * Makes a job that looks for sensitive data in buckets, which CloudFormation cannot. A job never changes: with other properties it is
 * another one, and CloudFormation has the old one ended (45 CFR 164.308(a)(1)(ii)(A)).
 */
export function macieJobHandler(props: MacieJobProps) {
  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const before = event.RequestType === 'Create' ? 'none' : event.PhysicalResourceId;
    try {
      const physicalId = await change(props, event);
      await answerCloudFormation(event, { status: 'SUCCESS', physicalId });
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : `Macie: ${nameOf(error)}`;
      await answerCloudFormation(event, { status: 'FAILED', physicalId: before, reason });
    }
  };
}

/** @returns the job's id */
async function change(props: MacieJobProps, event: CloudFormationCustomResourceEvent): Promise<string> {
  if (event.RequestType === 'Delete') {
    await end(props.client, event.PhysicalResourceId);
    return event.PhysicalResourceId;
  }
  return create(props, propertiesOf(event.ResourceProperties), event.RequestId);
}

async function create(
  { client, account }: MacieJobProps,
  { Name, Buckets, Frequency, Tags }: MacieJobProperties,
  requestId: string,
): Promise<string> {
  const { jobId } = await client.send(
    new CreateClassificationJobCommand({
      // A request that Lambda repeats makes no second job.
      clientToken: requestId,
      name: `${Name}-${requestId.slice(0, 8)}`,
      description: 'Looks for sensitive data where there must be none',
      jobType: 'SCHEDULED',
      initialRun: true,
      samplingPercentage: 100,
      managedDataIdentifierSelector: 'RECOMMENDED',
      scheduleFrequency: scheduleOf(Frequency),
      s3JobDefinition: {
        bucketDefinitions: [{ accountId: account, buckets: JSON.parse(Buckets) as string[] }],
      },
      tags: JSON.parse(Tags) as Record<string, string>,
    }),
  );
  if (jobId === undefined) throw new Refusal('Macie gave the job no id');
  return jobId;
}

function scheduleOf(frequency: string) {
  switch (frequency) {
    case 'DAILY':
      return { dailySchedule: {} };
    case 'WEEKLY':
      return { weeklySchedule: { dayOfWeek: 'SUNDAY' as const } };
    case 'MONTHLY':
      return { monthlySchedule: { dayOfMonth: 1 } };
    default:
      throw new Refusal('Frequency must be DAILY, WEEKLY or MONTHLY');
  }
}

async function end(client: Macie2Client, jobId: string): Promise<void> {
  if (jobId === 'none') return;
  try {
    await client.send(new UpdateClassificationJobCommand({ jobId, jobStatus: 'CANCELLED' }));
  } catch (error) {
    // Gone with Macie itself, or ended before.
    if (!(error instanceof ResourceNotFoundException || error instanceof ValidationException)) throw error;
  }
}

function propertiesOf(given: Record<string, unknown>): MacieJobProperties {
  const { Name, Buckets, Frequency, Tags } = given;
  if (typeof Name !== 'string' || !/^[a-z][a-z0-9-]{0,60}$/.test(Name))
    throw new Refusal('Name must name the job');
  if (typeof Buckets !== 'string' || typeof Tags !== 'string')
    throw new Refusal('Buckets and Tags must be JSON');
  if (typeof Frequency !== 'string') throw new Refusal('Frequency must be DAILY, WEEKLY or MONTHLY');
  return { Name, Buckets, Frequency, Tags };
}

/** A message could hold what was sent; a name cannot. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
