import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditTrail } from '@app/audit';
import { type Platform } from '@app/platform';
import { readAuditRows } from '../support/audit-rows.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { CanaryUser, type Seen } from '../support/canary-uses.js';
import { HttpClient } from '../support/http-client.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

const search = new LeakSearch(canaries);
const everything = Object.values(canaries).join(' ');

/** What a driver may throw: it quotes what it was given, also in what looks like a line of the stack. */
function quotingError(): Error {
  const message = `cannot store ${everything}\n    at ${canaries.family} (${canaries.given}.ts:1:1)`;
  return Object.assign(new Error(message, { cause: new TypeError(message) }), {
    detail: everything,
    code: everything,
  });
}

/** Methods of a port that fail, by the name under which the test asks for it. */
const failures = {
  reads: ['table', ['get', 'batchGet', 'query']],
  writes: ['table', ['transactWrite']],
  'the key service': ['keyStore', ['create', 'activeVersion', 'destroy']],
  encryption: ['cipher', ['encrypt', 'decrypt']],
  screening: ['detector', ['examine']],
  authentication: ['tokenVerifier', ['verify']],
} as const satisfies Record<string, [port: keyof Platform, methods: readonly string[]]>;

let failing: keyof typeof failures | undefined;

/** The real port, but for what fails at the moment. */
function port<Port extends object>(real: Port, name: keyof Platform): Port {
  return new Proxy(real, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const [failingPort, methods] = failing === undefined ? [] : failures[failing];
        const fails = failingPort === name && (methods as readonly string[]).includes(String(property));
        return fails ? Promise.reject(quotingError()) : (Reflect.apply(member, target, args) as unknown);
      };
    },
  });
}

function withFailingPorts(platform: Platform): Platform {
  const table = port(platform.table, 'table');
  const audit = new AuditTrail({ table, signer: platform.checkpointSigner, instance: randomUUID() });
  return {
    ...platform,
    table,
    audit,
    checkpoints: audit.checkpoints,
    keyStore: port(platform.keyStore, 'keyStore'),
    cipher: port(platform.cipher, 'cipher'),
    detector: port(platform.detector, 'detector'),
    tokenVerifier: port(platform.tokenVerifier, 'tokenVerifier'),
  };
}

describe('marked values in the errors of ports', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-canary-failures-'));
  let service: Service;
  let client: HttpClient;
  let user: CanaryUser;
  let healthy: Seen[];

  beforeAll(async () => {
    service = await startListening({}, folder, withFailingPorts);
    client = new HttpClient(await service.app.getUrl(), 8);
    user = await CanaryUser.of(service, client);
    await user.useEveryRoute();
    healthy = [...user.seen];
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(failures) as (keyof typeof failures)[])(
    'leave in no answer: %s',
    async (name) => {
      failing = name;
      const before = user.seen.length;
      for (const { request } of healthy) await user.send(request);
      failing = undefined;
      const answers = user.seen.slice(before);
      expect(answers.filter(({ answer }) => answer.status >= 500).length).toBeGreaterThan(2);
      const leaks = answers.filter(
        ({ answer }) =>
          answer.status >= 400 && search.in(answer.text + JSON.stringify(answer.headers)).length > 0,
      );
      expect(leaks.map(({ request, answer }) => [request.method, answer.status, answer.text])).toEqual([]);
    },
    60_000,
  );

  it('leave in no line of the log, no event, and no byte of the data folder', async () => {
    const rows = await readAuditRows(service.platform.table);
    expect(rows.filter(({ event }) => (event.refusal?.status ?? 0) >= 500).length).toBeGreaterThan(5);
    client.close();
    await service.stop();
    const log = service.logged();
    expect(log).toContain('"message":"request failed"');
    expect(log.split('\n').filter((line) => search.in(line).length > 0)).toEqual([]);
    expect(search.inFiles(folder)).toEqual([]);
  });
});
