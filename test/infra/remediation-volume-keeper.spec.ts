import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replacedVolumesHandler } from '../../infra/lambda/replaced-volumes/replaced-volumes.js';
import { type HttpEndpoint, httpEndpoint, localClient } from './http-endpoint.js';

interface ListedVolume {
  id: string;
  tags: Record<string, string>;
}

let volumes: ListedVolume[];
let snapshots: { id: string; startTime: string }[];
let refused: string | undefined;
let ec2: HttpEndpoint;
let ssm: HttpEndpoint;
let lines: string[];

const tagSet = (tags: Record<string, string>) =>
  `<tagSet>${Object.entries(tags)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join('')}</tagSet>`;
const answerOf = (action: string, content: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>${content}</${action}Response>`;

/** After the Amazon EC2 API Reference, examples of each operation. */
function ec2Answer(form: URLSearchParams): { status: number; body: string } {
  const action = form.get('Action') ?? '';
  if (action === refused) {
    const error = '<Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>';
    return {
      status: 403,
      body: `<Response><Errors><Error>${error}</Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`,
    };
  }
  const content: Record<string, string> = {
    DescribeVolumes: `<volumeSet>${volumes
      .map(
        ({ id, tags }) =>
          `<item><volumeId>${id}</volumeId><encrypted>false</encrypted>${tagSet(tags)}</item>`,
      )
      .join('')}</volumeSet>`,
    DescribeSnapshots: `<snapshotSet>${snapshots
      .map(
        ({ id, startTime }) =>
          `<item><snapshotId>${id}</snapshotId><startTime>${startTime}</startTime></item>`,
      )
      .join('')}</snapshotSet>`,
    CreateTags: '<return>true</return>',
    DeleteSnapshot: '<return>true</return>',
  };
  const found = content[action];
  if (found === undefined) throw new Error(`${action} is not known here`);
  return { status: 200, body: answerOf(action, found) };
}

beforeEach(async () => {
  [volumes, snapshots, refused, lines] = [[], [], undefined, []];
  ec2 = await httpEndpoint(({ body }) => ({
    ...ec2Answer(new URLSearchParams(body.toString())),
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
  }));
  ssm = await httpEndpoint(() => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ AutomationExecutionId: '4105a4fc-f944-11e6-9d32-0a1b2c3d495h' }),
  }));
});
afterEach(() => Promise.all([ec2.close(), ssm.close()]));

const run = (now = '2026-11-28T06:00:00Z') =>
  replacedVolumesHandler({
    ec2: new EC2Client(localClient(ec2.url)),
    ssm: new SSMClient(localClient(ssm.url)),
    stage: 'test',
    keptDays: 14,
    deletionDocument: 'phi-test-delete-replaced-volume',
    deletionRoleArn: 'arn:aws:iam::111122223333:role/phi-test-deletion',
    now: () => new Date(now),
    log: (line) => lines.push(line),
  })();

const calls = (action: string) =>
  ec2.requests
    .map(({ body }) => new URLSearchParams(body.toString()))
    .filter((form) => form.get('Action') === action);
const started = () => ssm.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);

const replaced = (id: string, tags: Record<string, string> = {}): ListedVolume => ({
  id,
  tags: { 'phi:replaced-by': 'vol-0bbbbbbbbbbbbbbbb', 'phi:replaced-on': '2026-11-10', ...tags },
});

describe('a replaced volume', () => {
  it('says from the first day on until when it is kept', async () => {
    volumes = [replaced('vol-0aaaaaaaaaaaaaaaa')];
    await run('2026-11-11T06:00:00Z');
    const [tags] = calls('CreateTags');
    expect([tags?.get('ResourceId.1'), tags?.get('Tag.1.Key'), tags?.get('Tag.1.Value')]).toEqual([
      'vol-0aaaaaaaaaaaaaaaa',
      'phi:delete-after',
      '2026-11-24',
    ]);
    expect(started()).toEqual([]);
  });

  it.each([
    ['2026-11-24T23:59:00Z', 0],
    ['2026-11-25T00:01:00Z', 1],
  ])('kept until 2026-11-24 is, on %s, deleted %d times, by the document', async (now, times) => {
    volumes = [replaced('vol-0aaaaaaaaaaaaaaaa', { 'phi:delete-after': '2026-11-24' })];
    await run(now);
    expect(started()).toEqual(
      Array.from({ length: times }, () => ({
        DocumentName: 'phi-test-delete-replaced-volume',
        Parameters: {
          AutomationAssumeRole: ['arn:aws:iam::111122223333:role/phi-test-deletion'],
          VolumeId: ['vol-0aaaaaaaaaaaaaaaa'],
        },
      })),
    );
    expect(calls('CreateTags')).toEqual([]);
  });

  it('with something else in the place of a day is kept, and somebody is told', async () => {
    volumes = [
      replaced('vol-0aaaaaaaaaaaaaaaa', { 'phi:delete-after': 'soon' }),
      replaced('vol-0cccccccccccccccc', { 'phi:delete-after': '2026-11-24' }),
    ];
    await expect(run()).rejects.toThrow('1 could not be dealt with');
    // The other one is not kept back by it.
    expect(started().map(({ Parameters }) => (Parameters as { VolumeId: string[] }).VolumeId)).toEqual([
      ['vol-0cccccccccccccccc'],
    ]);
  });

  it('is looked for by what says that this deployment replaced it', async () => {
    await run();
    const [look] = calls('DescribeVolumes');
    const filters = [1, 2, 3].map((n) => [look?.get(`Filter.${n}.Name`), look?.get(`Filter.${n}.Value.1`)]);
    expect(filters).toEqual([
      ['tag:phi:encryption', 'test'],
      ['tag-key', 'phi:replaced-by'],
      ['encrypted', 'false'],
    ]);
  });
});

describe('a plain snapshot', () => {
  it('is removed when it is as old as a replaced volume may be', async () => {
    snapshots = [
      { id: 'snap-0aaaaaaaaaaaaaaaa', startTime: '2026-11-13T00:00:00.000Z' },
      { id: 'snap-0bbbbbbbbbbbbbbbb', startTime: '2026-11-15T00:00:00.000Z' },
    ];
    await run();
    expect(calls('DeleteSnapshot').map((form) => form.get('SnapshotId'))).toEqual(['snap-0aaaaaaaaaaaaaaaa']);
  });

  it('that cannot be removed makes the function fail, with the name of the error alone', async () => {
    snapshots = [{ id: 'snap-0aaaaaaaaaaaaaaaa', startTime: '2026-11-01T00:00:00.000Z' }];
    refused = 'DeleteSnapshot';
    await expect(run()).rejects.toThrow('1 could not be dealt with');
    expect(lines.join('')).toContain('"failures":["snapshot: UnauthorizedOperation"]');
    expect(lines.join('')).not.toContain('not authorized');
  });
});
