import type { Response } from 'supertest';
import { type Service, startService } from './service.js';

/** What an answer may hold; which of it is there depends on the route. */
export interface AnswerBody {
  [element: string]: unknown;
  id: string;
  patientId: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  items: AnswerBody[];
  nextCursor?: string;
  screening: { outcome: string; findings: Finding[] };
  errors: { pointer: string; detail: string }[];
  findings: Finding[];
  instance: string;
}

interface Finding {
  type: string;
  count: number;
  pointer: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: AnswerBody;
  text: string;
}

type Headers = Record<string, string>;
type TokenOptions = NonNullable<Parameters<Service['bearer']>[0]>;

/** One caller of the service: the same token on each request, over a real connection. */
export class PhiClient {
  constructor(
    private readonly service: Service,
    private readonly authorization: string | undefined,
  ) {}

  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.#send('get', path, undefined, headers);
  }
  post(path: string, body?: object | string, headers: Headers = {}): Promise<Answer> {
    return this.#send('post', path, body, { 'content-type': 'application/json', ...headers });
  }
  put(path: string, body: object | string, headers: Headers = {}): Promise<Answer> {
    return this.#send('put', path, body, { 'content-type': 'application/json', ...headers });
  }
  patch(path: string, body: object | string, headers: Headers = {}): Promise<Answer> {
    return this.#send('patch', path, body, { 'content-type': 'application/merge-patch+json', ...headers });
  }
  delete(path: string, headers: Headers = {}): Promise<Answer> {
    return this.#send('delete', path, undefined, headers);
  }

  async #send(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body: object | string | undefined,
    headers: Headers,
  ): Promise<Answer> {
    const all =
      this.authorization === undefined ? headers : { authorization: this.authorization, ...headers };
    const request = this.service.http[method](path).set(all);
    const { status, headers: answered, body: parsed, text }: Response = await request.send(body);
    return { status, headers: answered as Headers, body: parsed as AnswerBody, text };
  }
}

/** @returns the service, listening on a free port, so that many requests may be under way at once */
export async function startListening(...options: Parameters<typeof startService>): Promise<Service> {
  const service = await startService(...options);
  await service.app.listen(0, '127.0.0.1');
  return service;
}

export async function clientOf(service: Service, options: TokenOptions = {}): Promise<PhiClient> {
  return new PhiClient(service, await service.bearer(options));
}

/** @returns every item of a list, page after page */
export async function allPages(page: (cursor: string | undefined) => Promise<Answer>): Promise<AnswerBody[]> {
  const items: AnswerBody[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await page(cursor);
    if (status !== 200) throw new Error(`a page answered ${status}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  return items;
}

/** @returns the answer of a step that a test builds on @throws Error if it was refused */
export async function succeeded(answer: Promise<Answer>): Promise<Answer> {
  const { status, body } = await answer;
  if (status >= 400)
    throw new Error(`a step that the test builds on answered ${status} ${String(body['type'])}`);
  return answer;
}
