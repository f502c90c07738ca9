import { randomUUID } from 'node:crypto';
import type { AuditRow } from '@app/audit';
import { HttpClient, type HttpRequest } from './http-client.js';
import type { ServiceProcess } from './service-process.js';

/** A request that leaves exactly one event, of this type. */
interface Access {
  request: Omit<HttpRequest, 'headers'> & { headers?: Record<string, string> };
  status: number;
  event: string;
}

/** What was answered. */
export interface AnsweredAccess {
  requestId: string;
  event: string;
}

/** Requests of many kinds against a few documents, from many clients at once, and what each of them has to leave in the trail. */
export class AuditedLoad {
  readonly answered: AnsweredAccess[] = [];
  /** Answers that were not as they should be. */
  readonly wrong: string[] = [];
  #made = 0;

  private constructor(
    private readonly client: HttpClient,
    private readonly authorization: string,
    private readonly paths: readonly string[],
    private readonly recordPath: string,
  ) {}

  /** Makes the documents. @param clients requests under way at a time */
  static async begin(service: ServiceProcess, clients: number): Promise<AuditedLoad> {
    const client = new HttpClient(service.origin, clients);
    const authorization = await service.bearer();
    const create = async (path: string, body: object): Promise<string> => {
      const answer = await client.send({ method: 'POST', path, headers: { authorization }, body });
      return `${path}/${answer.json<{ id: string }>().id}`;
    };
    const paths: string[] = [];
    for (let patients = 0; patients < 4; patients++)
      paths.push(await create('/v1/patients', { active: true }));
    const record = await create(`${paths[0]}/records`, { recordType: 'Observation', content: { value: 1 } });
    return new AuditedLoad(client, authorization, paths, record);
  }

  #next(): Access {
    const kind = this.#made++ % 8;
    const path = this.paths[this.#made % this.paths.length]!;
    switch (kind) {
      case 0:
        return {
          request: { method: 'POST', path: '/v1/patients', body: { active: true } },
          status: 201,
          event: 'patient-create',
        };
      case 1:
        return { request: { method: 'GET', path: this.recordPath }, status: 200, event: 'record-read' };
      case 2:
        return {
          request: { method: 'GET', path: `/v1/patients/${randomUUID()}` },
          status: 404,
          event: 'refusal',
        };
      case 3:
        return { request: { method: 'GET', path: `${path}/history` }, status: 200, event: 'patient-read' };
      case 4:
        return {
          request: {
            method: 'POST',
            path: `${path}/records`,
            body: { recordType: 'note', content: { text: 'well' } },
          },
          status: 201,
          event: 'record-create',
        };
      case 5:
        return {
          request: { method: 'PUT', path, headers: { 'if-match': '"999"' }, body: { active: false } },
          status: 412,
          event: 'refusal',
        };
      default:
        return { request: { method: 'GET', path }, status: 200, event: 'patient-read' };
    }
  }

  /** One request; a connection that breaks is no answer. */
  async send(): Promise<void> {
    const { request, status, event } = this.#next();
    const headers = { authorization: this.authorization, ...request.headers };
    const answer = await this.client.send({ ...request, headers }).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.status !== status) this.wrong.push(`${request.method} ${event}: ${answer.status}`);
    this.answered.push({ requestId: String(answer.headers['x-request-id']), event });
  }

  /** As many clients, one request after the other each, until so many were sent or `stop` says so. */
  async run(clients: number, requestsEach: number, stop: () => boolean = () => false): Promise<void> {
    const one = async () => {
      for (let sent = 0; sent < requestsEach && !stop(); sent++) await this.send();
    };
    await Promise.all(Array.from({ length: clients }, one));
  }

  close(): void {
    this.client.close();
  }
}

/** @returns what differs between what was answered and what the trail holds of it: nothing, where each access has its one event */
export function unaccounted(answered: readonly AnsweredAccess[], rows: readonly AuditRow[]): string[] {
  const types = new Map<string, string[]>();
  for (const { event } of rows) {
    if (event.type === 'login') continue;
    const { requestId } = event.origin;
    types.set(requestId, [...(types.get(requestId) ?? []), event.type]);
  }
  return answered.flatMap(({ requestId, event }) => {
    const found = types.get(requestId) ?? [];
    return found.length === 1 && found[0] === event ? [] : [`${event}: ${found.join() || 'no event'}`];
  });
}
