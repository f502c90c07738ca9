import { afterEach, describe, expect, it } from '@jest/globals';
import { LocalIssuer, subjectToken } from '@app/authentication';
import { TableUnavailable } from '@app/phi-table';
import { MetricsPublisher } from '../../apps/phi-api/src/metrics/metrics-publisher.js';
import { startBedrockServer } from '../support/bedrock-server.js';
import { bedrockVariables, sdkEnvironment } from '../support/bedrock-settings.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { blockedRecord, canaryPatient, canaryRecord } from '../support/canary-requests.js';
import { type MetricsLine, metricsLines, metricsOf } from '../support/embedded-metrics.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

let service: Service;
afterEach(() => service.stop());

/** Only what the test asks for is published, and what is left at the end. */
const hourly = { PHI_METRICS_SECONDS: '3600' };

const documents = (message: string): MetricsLine[] =>
  metricsLines(service.logged()).filter((line) => line['message'] === message);
const tokenOf = (subject: string) => subjectToken({ issuer: LocalIssuer.issuer, subject });

/** @returns the figures since the last publication */
async function published(): Promise<Record<string, number>> {
  await service.app.get(MetricsPublisher).publish();
  const line = documents('metrics').at(-1);
  if (line === undefined) throw new Error('nothing was published');
  return metricsOf(line);
}

const newPatient = async (client: PhiClient, body: object = {}) =>
  (await succeeded(client.post('/v1/patients', body))).body.id;

describe('metrics', () => {
  it('are documents in the embedded metric format, with the service and the stage for dimensions', async () => {
    service = await startListening(hourly);
    await newPatient(await clientOf(service));
    await published();

    const [line] = documents('metrics');
    expect(line).toMatchObject({ service: 'phi-api', Stage: service.environment['PHI_STAGE'] });
    expect(line?._aws.CloudWatchMetrics).toMatchObject([
      { Namespace: 'HealthcareSecurityPlatform', Dimensions: [['service', 'Stage']] },
    ]);
    // The names are an interface: alarms and dashboards of the deployment are made of them.
    expect(line && Object.keys(metricsOf(line))).toEqual([
      'Requests',
      'Refusals4xx',
      'Refusals5xx',
      'AuditFailures',
      'UnrecordedRefusals',
      'RequestLatencyP50',
      'RequestLatencyP99',
      'RequestLatencyMax',
      'AuditEvents',
      'AuthenticationRefusals',
      'AuthorizationRefusals',
      'OutOfReachAttempts',
      'RateLimitRefusals',
      'IntegrityAlarms',
      'EmergencyAccesses',
      'MassReads',
      'RestrictedReads',
      'ScreeningBlocked',
      'ScreeningAnonymized',
      'ScreeningDegraded',
      'Logins',
      'KeyDestructions',
      'ClockSteps',
      'AuditCheckpoints',
      'AuditSealFailures',
      'ChainsAbandoned',
      'AuditAppendP50',
      'AuditAppendP99',
      'AuditAppendMax',
      'AuditUnsealedEvents',
      'AuditUnsealedAge',
      'EventLoopDelayP99',
      'EventLoopDelayMax',
      'HeapUsed',
      'ResidentMemory',
      'KmsCalls',
      'RescreenQueue',
    ]);
    // Docker cuts a line at 16 KB, and half a document is none.
    expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(8 * 1024);
  });

  it('count exactly what 64 clients do at once', async () => {
    service = await startListening(hourly);
    const client = await clientOf(service);
    const powerless = await clientOf(service, { scope: 'phi/nothing' });
    const outsider = await clientOf(service, { scope: 'user/*.rs', subject: 'outsider' });
    const id = await newPatient(client);
    await published();

    const batch = [
      () => client.get(`/v1/patients/${id}`),
      () => client.get(`/v1/patients/${id}/records`),
      () => powerless.get(`/v1/patients/${id}`), // 403
      () => outsider.get(`/v1/patients/${id}`), // 404
      () => client.post(`/v1/patients/${id}/records`, blockedRecord()), // 422
      () => client.post('/v1/patients', { notes: 'Call 617-555-0143.' }),
    ];
    await Promise.all(Array.from({ length: 16 }).flatMap(() => batch.map((send) => send())));

    const figures = await published();
    expect(figures).toMatchObject({
      Requests: 96,
      Refusals4xx: 48,
      Refusals5xx: 0,
      AuthorizationRefusals: 16,
      OutOfReachAttempts: 16,
      ScreeningBlocked: 16,
      ScreeningAnonymized: 16,
      AuthenticationRefusals: 0,
      AuditFailures: 0,
      MassReads: 0,
    });
    // One event for each request, and one for the first use of each of the two new tokens.
    expect(figures['AuditEvents']).toBe(96 + (figures['Logins'] ?? 0));
    expect(figures['KmsCalls']).toBeGreaterThanOrEqual(16);
    expect(await published()).toMatchObject({ Requests: 0, AuditEvents: 0, KmsCalls: 0 });
  });

  it('have a line of its own for each of the busiest agents, named by a hash', async () => {
    service = await startListening(hourly);
    const client = await clientOf(service, { subject: 'clerk' });
    const other = await clientOf(service, { subject: 'nurse' });
    const ids = [await newPatient(client), await newPatient(client), await newPatient(client)];
    for (const id of [...ids, ...ids]) await succeeded(client.get(`/v1/patients/${id}`));
    await succeeded(other.get(`/v1/patients/${ids[0]}`));
    await published();

    const agents = documents('metrics of an agent').map((line) => [line['agent'], metricsOf(line)]);
    expect(agents).toEqual([
      [tokenOf('clerk'), { AgentPatientsPerHour: 3 }],
      [tokenOf('nurse'), { AgentPatientsPerHour: 1 }],
    ]);
    // Who has done nothing since is not told again.
    await succeeded(other.get(`/v1/patients/${ids[1]}`));
    await published();
    expect(
      documents('metrics of an agent')
        .slice(2)
        .map((line) => line['agent']),
    ).toEqual([tokenOf('nurse')]);
  });

  it('hold nothing that was sent, nobody and no id', async () => {
    service = await startListening(hourly);
    const subject = 'marked-subject';
    const client = await clientOf(service, { subject });
    const id = await newPatient(client, canaryPatient());
    const recordId = (await succeeded(client.post(`/v1/patients/${id}/records`, canaryRecord()))).body.id;
    await client.post(`/v1/patients/${id}/records`, blockedRecord());
    await succeeded(client.post('/v1/patients/search', { phone: canaries.phone }));
    await client.get(`/v1/patients/${canaries.family}`);
    await published();
    await service.app.close();

    const lines = [...documents('metrics'), ...documents('metrics of an agent')].map((line) =>
      JSON.stringify(line),
    );
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const search = new LeakSearch({ ...canaries, id, recordId, subject });
    expect(lines.flatMap((line) => search.in(line))).toEqual([]);
    expect(search.in(`${id} ${subject}`)).toEqual(expect.arrayContaining(['id', 'subject']));
  });

  it('are published once more when the service stops, whatever the level of the log', async () => {
    service = await startListening({ ...hourly, PHI_LOG_LEVEL: 'silent' });
    await newPatient(await clientOf(service));
    expect(documents('metrics')).toEqual([]);
    await service.app.close();
    expect(documents('metrics').map((line) => metricsOf(line))).toMatchObject([
      { Requests: 1, AuditEvents: 2 },
    ]);
  });

  it('are switched off by 0 seconds', async () => {
    service = await startListening({ PHI_METRICS_SECONDS: '0' });
    await newPatient(await clientOf(service));
    await service.app.close();
    expect(metricsLines(service.logged())).toEqual([]);
  });

  it('count the requests whose event could not be written', async () => {
    let fails = false;
    service = await startListening(hourly, undefined, (platform) => {
      const { table } = platform;
      const write = table.transactWrite.bind(table);
      table.transactWrite = (writes) =>
        fails ? Promise.reject(new TableUnavailable('does not answer', { notWritten: true })) : write(writes);
      return platform;
    });
    const client = await clientOf(service);
    const id = await newPatient(client);
    await published();
    fails = true;
    for (let read = 0; read < 3; read++) expect((await client.get(`/v1/patients/${id}`)).status).toBe(503);
    fails = false;
    expect(await published()).toMatchObject({ Requests: 3, Refusals5xx: 3, AuditFailures: 3 });
  });

  it('tell how many patients wait to be screened again', async () => {
    service = await startListening(hourly);
    await service.platform.table.transactWrite(
      ['RESCREEN#0', 'RESCREEN#9'].map((partition) => ({
        type: 'put',
        item: { table: 'records', partition, sort: 'PATIENT#x', attributes: { mark: 'm' } },
      })),
    );
    expect(await published()).toMatchObject({ RescreenQueue: 2 });
  });

  it('are published without what the store does not tell', async () => {
    service = await startListening(hourly);
    const { table } = service.platform;
    const query = table.query.bind(table);
    table.query = (input) =>
      input.partition.startsWith('RESCREEN#')
        ? Promise.reject(new TableUnavailable('does not answer'))
        : query(input);
    const figures = await published();
    expect(figures).toMatchObject({ Requests: 0 });
    expect(figures).not.toHaveProperty('RescreenQueue');
    expect(service.logged()).toContain('the queue of patients to be screened again could not be counted');
  });

  it('have the figures of Bedrock where it is configured', async () => {
    const bedrock = await startBedrockServer();
    const environment = sdkEnvironment(bedrock);
    Object.assign(process.env, environment);
    try {
      service = await startListening({ ...hourly, ...bedrockVariables('metrics0') });
      await newPatient(await clientOf(service), { notes: 'Coughs since Monday.' });
      const calls = { BedrockGuardrailCalls: 1, BedrockModelCalls: 1 };
      const failures = { BedrockGuardrailFailures: 0, BedrockModelFailures: 0, BedrockRejectedRequests: 0 };
      const breakers = { BedrockGuardrailBreakerOpen: 0, BedrockModelBreakerOpen: 0 };
      const figures = await published();
      expect(figures).toMatchObject({ ...calls, ...failures, ...breakers });
      expect(figures['BedrockModelLatencyP99']).toBeGreaterThan(0);
      expect(await published()).toMatchObject({ BedrockGuardrailCalls: 0, BedrockModelCalls: 0 });
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
      await bedrock.close();
    }
  });
});
