import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PhiTable, TableUnavailable } from '@app/phi-table';
import { Lifecycle } from '../../apps/phi-api/src/health/lifecycle.js';
import { auditTrail } from '../support/audit-recording.js';
import { PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let anybody: PhiClient;
let storeAnswers = true;

function unreachable(table: PhiTable): PhiTable {
  return new Proxy(table, {
    get(target, name) {
      if (name === 'ping' && !storeAnswers) {
        return () => Promise.reject(new TableUnavailable('the store does not answer'));
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

beforeAll(async () => {
  service = await startListening({}, undefined, (platform) => ({
    ...platform,
    table: unreachable(platform.table),
  }));
  anybody = new PhiClient(service, undefined);
});
afterAll(() => service.stop());

describe('the probes', () => {
  it('answer without a token, and leave no event', async () => {
    expect(await anybody.get('/health/live')).toMatchObject({ status: 200, body: { status: 'alive' } });
    expect(await anybody.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await auditTrail(service.platform)).toEqual([]);
  });

  it('say not ready while the store does not answer, but alive', async () => {
    storeAnswers = false;
    const ready = await anybody.get('/health/ready');
    const live = await anybody.get('/health/live');
    storeAnswers = true;

    expect(ready).toMatchObject({ status: 503, body: { type: '/problems/storage-unavailable' } });
    expect(live.status).toBe(200);
    expect((await anybody.get('/health/ready')).status).toBe(200);
  });

  it('say not ready while the service drains, but alive', async () => {
    service.app.get(Lifecycle).draining = true;
    const ready = await anybody.get('/health/ready');
    const live = await anybody.get('/health/live');
    service.app.get(Lifecycle).draining = false;

    expect(ready).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { type: '/problems/overloaded', status: 503 },
    });
    expect(live.status).toBe(200);
    expect((await anybody.get('/health/ready')).status).toBe(200);
  });
});

describe('the documentation', () => {
  it('is there without a token: Swagger UI, its files and the OpenAPI document', async () => {
    const page = await anybody.get('/docs');
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('swagger-ui');
    // Offline: nothing is fetched from elsewhere.
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-init.js']) {
      expect((await anybody.get(`/docs/${file}`)).status).toBe(200);
    }

    const document = await anybody.get('/openapi.json');
    expect(document).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
    const paths = Object.keys(document.body['paths'] as object);
    expect(paths).toEqual(expect.arrayContaining(['/v1/patients', '/v1/patients/{patientId}/records/batch']));
  });

  it('opens nothing else: every documented route but the probes needs a token', async () => {
    const { body } = await anybody.get('/openapi.json');
    const routes = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({ path, method })),
    );
    const id = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
    const answers = await Promise.all(
      routes.map(async ({ path, method }) => {
        const url = path.replace('{version}', '1').replaceAll(/\{\w+\}/g, id);
        const send = { get: 'get', post: 'post', put: 'put', patch: 'patch', delete: 'delete' } as const;
        const name = send[method as keyof typeof send];
        const answer = name === 'get' || name === 'delete' ? anybody[name](url) : anybody[name](url, {});
        return `${method} ${path} ${(await answer).status}`;
      }),
    );
    expect(routes.length).toBeGreaterThan(20);
    const open = answers.filter((answer) => !answer.endsWith(' 401'));
    expect(open.sort()).toEqual(['get /health/live 200', 'get /health/ready 200']);
  });
});
