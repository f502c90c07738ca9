import { HttpClient, type HttpAnswer, type HttpRequest } from './http-client.js';
import type { ServiceProcess } from './service-process.js';

/** How often a balancer looks whether an instance takes requests. Milliseconds. */
const probeEvery = 100;

/**
 * What stands before several instances: requests go in turn to those that were ready at the last look, over kept connections. A
 * connection that was refused counts as a look: nothing was sent, so the next instance is asked. Whatever else goes wrong is told.
 */
export class Rotation {
  readonly #members: { service: ServiceProcess; client: HttpClient; ready: boolean }[] = [];
  readonly #probes: NodeJS.Timeout;
  #turn = 0;

  constructor(services: readonly ServiceProcess[]) {
    for (const service of services) this.add(service);
    this.#probes = setInterval(() => void this.#probe(), probeEvery);
  }

  /** @param service that is ready */
  add(service: ServiceProcess): void {
    this.#members.push({ service, client: service.client(), ready: true });
  }

  remove(service: ServiceProcess): void {
    const position = this.#members.findIndex((member) => member.service === service);
    for (const { client } of this.#members.splice(position, 1)) client.close();
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    for (;;) {
      const ready = this.#members.filter((member) => member.ready);
      const member = ready[this.#turn++ % ready.length];
      if (member === undefined) throw new Error('no instance takes requests');
      try {
        return await member.client.send(request);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
        member.ready = false;
      }
    }
  }

  close(): void {
    clearInterval(this.#probes);
    for (const { client } of this.#members) client.close();
  }

  async #probe(): Promise<void> {
    for (const member of this.#members) {
      // On a connection of its own, as a balancer does.
      const probe = new HttpClient(member.service.origin, 1);
      const answer = await probe.send({ method: 'GET', path: '/health/ready' }).catch(() => undefined);
      probe.close();
      member.ready = answer?.status === 200;
    }
  }
}
