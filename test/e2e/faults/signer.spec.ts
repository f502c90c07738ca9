import { beforeAll, describe, expect, it } from '@jest/globals';
import { MetricsPublisher } from '../../../apps/phi-api/src/metrics/metrics-publisher.js';
import { accessDenied, type Fault as AwsFault, throttling } from '../../support/aws/faults.js';
import { expectPromises, type Fault, suffer } from '../../support/fault-round.js';
import { type FaultedAccount, startFaultedAccount } from '../../support/faulted-account.js';
import { clientOf, startListening } from '../../support/phi-client.js';

let target: FaultedAccount;
beforeAll(async () => {
  target = await startFaultedAccount({ PHI_AUDIT_SEAL_SECONDS: '1' });
}, 90_000);

const injected = (fault: AwsFault) => () =>
  target.account.kms.endpoint.faults.inject(fault, { operation: 'Sign' });

/** Nothing waits for a seal. */
const asEver = { 'warm read': '200', change: '200', batch: '201', search: '200' };

/** Events are there and stay unsealed; who watches is told by the log, and by figures that an alarm is on. */
async function eventsWait(): Promise<void> {
  const { audit } = target.service.platform;
  const told = 'the audit trail could not be sealed; requests go on';
  const before = target.service.logged().split(told).length;
  await audit.keep();
  while (target.service.logged().split(told).length === before) await audit.keep();
  expect(audit.unsealed.count).toBeGreaterThan(0);
  await target.service.app.get(MetricsPublisher).publish();
  const lines = target.service.logged().trimEnd().split('\n');
  const metrics = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ message }) => message === 'metrics');
  const { AuditSealFailures: failures, AuditUnsealedAge: age } = metrics.at(-1) as Record<string, number>;
  expect(failures).toBeGreaterThan(0);
  expect(age).toBeGreaterThan(0);
}

const faults: Fault[] = [
  {
    name: 'the signer says nothing',
    happen: injected({ kind: 'silence' }),
    meanwhile: eventsWait,
    answers: asEver,
    withinMs: 3_000,
  },
  {
    name: 'the signer throttles',
    happen: injected(throttling),
    meanwhile: eventsWait,
    answers: asEver,
    withinMs: 3_000,
  },
  {
    name: 'the signing key is disabled',
    happen: () => {
      const key = target.account.kms.keys.find(target.alias('signing'));
      key.state = 'Disabled';
      return () => (key.state = 'Enabled');
    },
    meanwhile: eventsWait,
    answers: asEver,
    withinMs: 3_000,
  },
];

describe('without the signer requests go on, their events wait, and are sealed when it is back:', () => {
  it.each(faults)('$name', async (fault) => {
    expectPromises(await suffer(target, fault), fault);
    const { audit, checkpoints } = target.service.platform;
    const waiting = audit.recorded;
    const begun = performance.now();
    // By the timer of the service, which nobody calls; each look takes a request's time.
    while (audit.unsealed.count > 0) await target.client.send({ method: 'GET', path: '/health/live' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    const head = await checkpoints.head();
    const newest = await checkpoints.get(head?.number ?? 0);
    expect(newest?.checkpoint).toMatchObject({ kind: 'sealed', chain: audit.chain });
    expect(newest?.checkpoint.last).toBeGreaterThanOrEqual(waiting);
  });

  it('a process that cannot open its chain shows and changes nothing, and needs no restart', async () => {
    const end = injected(accessDenied)();
    const service = await startListening({ PHI_AWS_TIMEOUT_SECONDS: '1' }, target.service.dataFolder);
    const client = await clientOf(service);
    const create = () => client.post('/v1/patients', {}, { 'idempotency-key': 'before-the-chain' });
    const refused = { status: 503, body: { type: '/problems/audit-unavailable' } };
    expect(await create()).toMatchObject(refused);
    expect(await client.get('/v1/patients')).toMatchObject(refused);
    end();
    expect(await create()).toMatchObject({ status: 201 });
    await service.stop();
  });

  it('and leaves no marked value in the log or on the wire, and a trail that verifies', async () => {
    expect(await target.finish()).toEqual({ leaks: [], exitCode: 0, findings: [] });
  });
});
