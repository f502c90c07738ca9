import { describe, expect, it } from '@jest/globals';
import { apiRules, type ApiSettings, devApi, prodApi } from '../../infra/lib/api-settings.js';

const faults = (change: Partial<ApiSettings>, isProd = true): string[] =>
  apiRules({ ...prodApi, ...change }, isProd).flatMap(([holds, fault]) => (holds ? [] : [fault]));

describe('settings of the api stack', () => {
  it('hold as they are', () => {
    expect(faults({})).toEqual([]);
    expect(faults(devApi, false)).toEqual([]);
  });

  it('of dev are too small for prod, and say why', () => {
    expect(faults(devApi)).toEqual(['api.minTasks: at least 2 in prod', 'api.endpointZones: 2 in prod']);
  });

  it.each<[string, Partial<ApiSettings>]>([
    ['api.repositoryName', { repositoryName: 'Phi Api' }],
    ['api.cpuUnits, api.memoryMiB', { cpuUnits: 256, memoryMiB: 8_192 }],
    ['api.cpuUnits, api.memoryMiB', { cpuUnits: 300 }],
    ['api.maxTasks', { maxTasks: 1 }],
    ['api.requestsPerAddress', { requestsPerAddress: 5 }],
    ['api.throttle.requestsPerSecond', { throttle: { requestsPerSecond: 0, burst: 1 } }],
    ['api.throttle.burst', { throttle: { requestsPerSecond: 1, burst: 9_000 } }],
    ['api.clientCidrs', { clientCidrs: ['192.0.2.1'] }],
    ['api.bedrock', { bedrock: { ...prodApi.bedrock!, foundationModelId: 'another.model-v1:0' } }],
    ['api.bedrock.modelRegions', { bedrock: { ...prodApi.bedrock!, modelRegions: [] } }],
  ])('name %s when it is wrong', (name, change) => {
    expect(faults(change).map((fault) => fault.split(':')[0])).toEqual([name]);
  });
});
