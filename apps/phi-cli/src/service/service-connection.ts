import * as http from 'node:http';
import * as https from 'node:https';

/** What the service answered, before anything is made of it. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** No answer came. `code` is the system's or the TLS library's, e.g. `ECONNREFUSED`. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';
  constructor(readonly code: string) {
    super('no answer from the service');
  }
}

const jsonTypes = 'application/json, application/problem+json';

/** Longest wait for the next byte of an answer. The service itself gives up earlier. */
const silenceTimeoutMs = 60_000;

/**
 * Keep-alive HTTP/1.1 to one service. `node:http` rather than `fetch`: an import shares the machine with the
 * service on the embedded platform, and `fetch` takes about eight times the processor time (0.4 ms to 0.05 ms).
 */
export class ServiceConnection {
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #target: http.RequestOptions;
  readonly #basePath: string;
  readonly #authorization: string;

  /** @param connections how many requests can be under way at once */
  constructor(url: URL, token: string, connections: number) {
    const secure = url.protocol === 'https:';
    const settings: http.AgentOptions = {
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      scheduling: 'lifo',
    };
    this.#agent = secure ? new https.Agent(settings) : new http.Agent(settings);
    this.#request = secure ? https.request : http.request;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#authorization = `Bearer ${token}`;
    this.#target = {
      agent: this.#agent,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      timeout: silenceTimeoutMs,
    };
  }

  /**
   * @param path below the address of the service, e.g. `/v1/patients/...`
   * @param body JSON text
   * @throws ConnectionFailed
   */
  async put(path: string, body: string, headers: Record<string, string>): Promise<RawAnswer> {
    return this.#sendJson('PUT', path, body, headers);
  }

  /**
   * @param path below the address of the service
   * @param body JSON text
   * @throws ConnectionFailed
   */
  async post(path: string, body: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
    return this.#sendJson('POST', path, body, headers);
  }

  /**
   * @param path below the address of the service, with its query
   * @param accept media type that is wanted beside `application/problem+json`
   * @throws ConnectionFailed
   */
  async get(path: string, accept = 'application/json'): Promise<RawAnswer> {
    return this.#send('GET', path, { accept: `${accept}, application/problem+json` });
  }

  async #sendJson(
    method: 'PUT' | 'POST',
    path: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<RawAnswer> {
    const length = String(Buffer.byteLength(body));
    const ofBody = { 'content-type': 'application/json', 'content-length': length };
    return this.#send(method, path, { accept: jsonTypes, ...ofBody, ...headers }, body);
  }

  async #send(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<RawAnswer> {
    return await new Promise((resolve, reject) => {
      const request = this.#request(
        {
          ...this.#target,
          method,
          path: this.#basePath + path,
          headers: { authorization: this.#authorization, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', (error) => reject(connectionFailed(error)));
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            });
          });
        },
      );
      request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
      request.on('error', (error) => reject(connectionFailed(error)));
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function connectionFailed(error: Error): ConnectionFailed {
  // An address of several families fails with an AggregateError whose members carry the code.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code } = (first ?? error) as NodeJS.ErrnoException;
  return new ConnectionFailed(
    typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'no answer',
  );
}
