import { connect, type Socket } from 'node:net';
import type { HttpRequest } from '../http/operations.js';

const endOfHead = '\r\n\r\n';

/**
 * A connection that sends one request at a time and reads of the answer what a measurement needs: its status and where it ends. A
 * whole HTTP client would cost as much as the service that it is to overload.
 */
export class KeptConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((status: number | undefined) => void) | undefined;
  closed = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (part) => this.#take(part));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => {
      this.closed = true;
      this.#settle(undefined);
    });
  }

  /** Resolves when the connection stands, or is closed. */
  async opened(): Promise<void> {
    if (!this.#socket.connecting) return;
    await new Promise((resolve) => this.#socket.once('connect', resolve).once('close', resolve));
  }

  /** @returns the status, `undefined` when the connection was closed instead */
  ask(text: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(text);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part]);
    const head = this.#received.indexOf(endOfHead);
    if (head === -1) return;
    const text = this.#received.toString('latin1', 0, head);
    const body = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (this.#received.length < head + endOfHead.length + body) return;
    this.#received = Buffer.alloc(0);
    this.#settle(Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
  }

  #settle(status: number | undefined): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}

/** @returns the request as it goes over the wire */
export function wireText({ method, path, headers, body = '' }: HttpRequest, token: string): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${token}`,
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
  ];
  return lines.join('\r\n') + endOfHead + body;
}
