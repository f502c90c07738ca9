import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type PhiConfig } from '@app/configuration';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FurtherRefusal } from './further-refusal.js';
import { RateLimits } from './rate-limits.js';

/** Shed requests are told of in the trail this often. */
const tellEveryMilliseconds = 10_000;
const lookEveryMilliseconds = 1_000;

/**
 * What gets in at all. At most so many requests are worked on at a time, and the rest is turned away at once: what is taken is then
 * answered in bounded time however many come (45 CFR 164.308(a)(7)(ii)(C): critical operations go on). Probes always get in: a busy process is not a dead one.
 */
@Injectable()
export class Admission implements OnApplicationShutdown {
  readonly #atMost: number;
  readonly #answerMilliseconds: number;
  /** Under way, and since when. A request counts from the moment its body is there: slow senders hold no place. */
  readonly #working = new Map<ServerResponse, number>();
  readonly #timer: NodeJS.Timeout;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(ConfigService) config: ConfigService<PhiConfig, true>,
    @Inject(RateLimits) private readonly limits: RateLimits,
  ) {
    this.#atMost = config.get('PHI_CONCURRENT_REQUESTS', { infer: true });
    this.#answerMilliseconds = config.get('PHI_ANSWER_TIMEOUT_SECONDS', { infer: true }) * 1000;
    this.#timer = setInterval(() => this.#cutOff(), lookEveryMilliseconds).unref();
  }

  attach(server: FastifyInstance): void {
    server.addHook('onRequest', async (request) => {
      if (isProbe(request)) return;
      // Before a body is read for nothing.
      this.#needPlace();
      await this.limits.enter(request.ip);
    });
    server.addHook('preValidation', (request, reply, done) => {
      if (isProbe(request)) return done();
      try {
        this.#needPlace();
      } catch (error) {
        return done(error as Problem);
      }
      this.#working.set(reply.raw, performance.now());
      reply.raw.once('close', () => this.#working.delete(reply.raw));
      done();
    });
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** @throws Problem `overloaded` */
  #needPlace(): void {
    if (this.#working.size < this.#atMost) return;
    const isFirst = performance.now() - this.#toldAt >= tellEveryMilliseconds;
    if (isFirst) this.#toldAt = performance.now();
    throw new Problem(problemTypes.overloaded, {
      headers: { 'retry-after': '1' },
      ...(isFirst ? {} : { cause: new FurtherRefusal() }),
    });
  }

  /** Who takes an answer too slowly holds a place, and memory, that others need. */
  #cutOff(): void {
    const before = performance.now() - this.#answerMilliseconds;
    for (const [response, since] of this.#working) if (since < before) response.destroy();
  }
}

const isProbe = ({ url }: FastifyRequest) => url.startsWith('/health/');
