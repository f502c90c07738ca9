import { beforeAll, describe, expect, it } from '@jest/globals';
import { ParametersRefresh } from '../../../apps/phi-api/src/parameters-refresh.js';
import { accessDenied, type Fault as AwsFault, throttling } from '../../support/aws/faults.js';
import { expectPromises, type Fault, suffer } from '../../support/fault-round.js';
import { type FaultedAccount, startFaultedAccount } from '../../support/faulted-account.js';
import { clientOf } from '../../support/phi-client.js';
import { startService } from '../../support/service.js';
import { ServiceProcess } from '../../support/service-process.js';

let target: FaultedAccount;
beforeAll(async () => {
  target = await startFaultedAccount();
}, 90_000);

const down = async () => {
  const { endpoint } = target.account.ssm;
  await endpoint.down();
  return () => endpoint.up();
};
const injected = (fault: AwsFault) => () => target.account.ssm.endpoint.faults.inject(fault);
const variables = { PHI_AWS_TIMEOUT_SECONDS: '1' };

const gone: [name: string, happen: Fault['happen'], told: RegExp][] = [
  ['down', down, /AWS does not answer to ssm:GetParameter/],
  ['silent', injected({ kind: 'silence' }), /AWS does not answer to ssm:GetParameter/],
  ['denied', injected(accessDenied), /ssm:GetParameter/],
];

describe('the service without Parameter Store', () => {
  it.each(gone)('does not start, and says why: %s', async (_, happen, told) => {
    const end = await happen();
    const begun = performance.now();
    const starting = ServiceProcess.spawn({ ...target.service.environment, ...variables });
    const { code } = await starting.ended();
    await end();
    expect([code, starting.logged]).toEqual([1, '']);
    expect(starting.errors).toMatch(told);
    expect(performance.now() - begun).toBeLessThan(15_000);
    await starting.remove();
  });

  it('starts when it is back, although the first answers are throttled, and has what was stored before', async () => {
    const { id } = (await (await clientOf(target.service)).post('/v1/patients', { notes: 'before' })).body;
    target.account.ssm.endpoint.faults.inject(throttling, { times: 2 });
    const service = await startService(variables, target.service.dataFolder);
    const read = await (await clientOf(service)).get(`/v1/patients/${id}`);
    expect(read).toMatchObject({ status: 200, body: { notes: 'before' } });
    await service.stop();
  });

  it('goes on with what it read last, says so, and follows again when it is back', async () => {
    const refresh = target.service.app.get(ParametersRefresh);
    const told = 'the settings could not be read; the last good ones stay in use';
    const fault: Fault = {
      name: 'Parameter Store is gone while the service runs',
      happen: async () => {
        const end = await down();
        await refresh.run();
        return end;
      },
      answers: {
        'warm read': '200',
        'cold read': '200',
        'new patient': '201',
        change: '200',
        batch: '201',
        search: '200',
      },
      withinMs: 3_000,
    };
    expectPromises(await suffer(target, fault), fault);
    const linesBefore = target.service.logged().split(told).length;
    expect(linesBefore).toBe(2);
    await refresh.run();
    expect(target.service.logged().split(told).length).toBe(linesBefore);
  });

  it('and leaves no marked value in the log or on the wire, and a trail that verifies', async () => {
    expect(await target.finish()).toEqual({ leaks: [], exitCode: 0, findings: [] });
  });
});
