/** The part of autocannon 9 that the load generator uses; the package has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    interface Request {
      method: string;
      path: string;
      headers?: Record<string, string>;
      body?: string;
      /** Called before each repetition; what it returns is sent. */
      setupRequest?: (request: Request) => Request;
      onResponse?: (
        status: number,
        body: string,
        context: object,
        headers: Record<string, string | string[]>,
      ) => void;
    }

    /** One connection. */
    interface Client {
      setRequests(requests: Request[]): void;
      on(event: 'response', listener: (status: number, bytes: number, milliseconds: number) => void): this;
    }

    interface Options {
      url: string;
      connections: number;
      duration: number;
      timeout?: number;
      /** How often the end of the run is looked for, milliseconds. */
      sampleInt?: number;
      setupClient?: (client: Client) => void;
    }

    interface Result {
      errors: number;
      timeouts: number;
    }
  }

  function autocannon(options: autocannon.Options): EventEmitter & PromiseLike<autocannon.Result>;

  export default autocannon;
}
