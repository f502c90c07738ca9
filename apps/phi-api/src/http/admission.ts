import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type PhiConfig } from '@app/configuration';
import { Problem, problemDocument, problemTypes } from '@app/problem-details';
import type { FastifyInstance } from 'fastify';
import { Lifecycle } from '../health/lifecycle.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { FurtherRefusal } from './further-refusal.js';
import { protectiveHeaders } from './http-server.js';
import { RateLimits } from './rate-limits.js';
import { RequestPlaces } from './request-places.js';

/** Shed requests are told of in the trail this often. */
const tellEveryMilliseconds = 10_000;
const lookEveryMilliseconds = 1_000;
const adaptEveryMilliseconds = 100;
/** A turn of the event loop that was shorter counts as one of this length. */
const turnResolutionMilliseconds = 5;
const nanosecondsPerMillisecond = 1e6;
const comeAgain = { 'retry-after': '1' };
const overloaded = new Problem(problemTypes.overloaded);

/**
 * What gets in at all. Only so many requests are worked on at a time as the process answers in time (`RequestPlaces`), and the rest is turned away at once: what
 * is taken is then answered in bounded time however many come (45 CFR 164.308(a)(7)(ii)(C): critical operations go on). Probes always get in: a busy
 * process is not a dead one.
 */
@Injectable()
export class Admission implements OnApplicationShutdown {
  readonly #places: RequestPlaces;
  readonly #answerMilliseconds: number;
  /** Under way, and since when. A request counts from the moment its body is there: slow senders hold no place. */
  readonly #working = new Map<ServerResponse, number>();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #turns: IntervalHistogram = monitorEventLoopDelay({ resolution: turnResolutionMilliseconds });
  #mostWorking = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(ConfigService) config: ConfigService<PhiConfig, true>,
    @Inject(RateLimits) private readonly limits: RateLimits,
    @Inject(RequestMetrics) private readonly metrics: RequestMetrics,
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
  ) {
    this.#places = new RequestPlaces(
      config.get('PHI_CONCURRENT_REQUESTS', { infer: true }),
      config.get('PHI_TURN_MILLISECONDS', { infer: true }),
    );
    this.#answerMilliseconds = config.get('PHI_ANSWER_TIMEOUT_SECONDS', { infer: true }) * 1000;
    this.#turns.enable();
    this.#timers = [
      setInterval(() => this.#cutOff(), lookEveryMilliseconds).unref(),
      setInterval(() => this.#adapt(), adaptEveryMilliseconds).unref(),
    ];
  }

  /** How many requests may be worked on at this moment. */
  get atMost(): number {
    return this.#places.atMost;
  }

  /** @param secure whether the service speaks TLS */
  attach(server: FastifyInstance, secure: boolean): void {
    this.#standBefore(server.server, secure);
    server.addHook('onRequest', async (request) => {
      if (isProbe(request.url)) return;
      // Before a body is read for nothing.
      this.#needPlace();
      await this.limits.enter(request.ip);
    });
    server.addHook('preValidation', (request, reply, done) => {
      if (isProbe(request.url)) return done();
      try {
        this.#needPlace();
      } catch (error) {
        return done(error as Problem);
      }
      this.#working.set(reply.raw, performance.now());
      this.#mostWorking = Math.max(this.#mostWorking, this.#working.size);
      reply.raw.once('close', () => this.#working.delete(reply.raw));
      done();
    });
  }

  onApplicationShutdown(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#turns.disable();
  }

  #adapt(): void {
    this.#places.adapt(this.#turns.percentile(50) / nanosecondsPerMillisecond, this.#mostWorking);
    this.#turns.reset();
    this.#mostWorking = this.#working.size;
  }

  /**
   * Whoever is turned away like others before him is answered before the framework sees him: at many times the load that can be answered, the
   * refusals themselves would take the time that those who were let in are waiting for.
   */
  #standBefore(server: Server, secure: boolean): void {
    const [handle] = server.listeners('request') as RequestListener[];
    if (handle === undefined) throw new Error('the HTTP server has nobody who handles requests');
    server.removeAllListeners('request').on('request', (request, response) => {
      if (this.#turnsAway(request)) this.#turnAway(request, response, secure);
      else void handle(request, response);
    });
  }

  /**
   * Not the first of a window, which the trail is to tell of; not a page, which needs the headers of its origin to see the answer; and not while the
   * process drains, when each answer is to close its connection.
   */
  #turnsAway({ url = '', headers }: IncomingMessage): boolean {
    if (!this.#isFull() || this.#isFirst() || isProbe(url)) return false;
    return headers.origin === undefined && !this.lifecycle.draining;
  }

  #turnAway({ url = '' }: IncomingMessage, response: ServerResponse, secure: boolean): void {
    const requestId = randomUUID();
    const body = JSON.stringify(problemDocument(overloaded, requestId));
    response
      .writeHead(overloaded.type.status, {
        ...protectiveHeaders(url, secure),
        ...comeAgain,
        'x-request-id': requestId,
        'cache-control': 'no-store',
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      })
      .end(body);
    this.metrics.refusedUnrecorded();
    this.metrics.answered(overloaded.type.status, 0);
  }

  #isFull(): boolean {
    return this.#working.size >= this.atMost;
  }

  #isFirst(): boolean {
    return performance.now() - this.#toldAt >= tellEveryMilliseconds;
  }

  /** @throws Problem `overloaded` */
  #needPlace(): void {
    if (!this.#isFull()) return;
    const isFirst = this.#isFirst();
    if (isFirst) this.#toldAt = performance.now();
    throw new Problem(problemTypes.overloaded, {
      headers: comeAgain,
      ...(isFirst ? {} : { cause: new FurtherRefusal() }),
    });
  }

  /** Who takes an answer too slowly holds a place, and memory, that others need. */
  #cutOff(): void {
    const before = performance.now() - this.#answerMilliseconds;
    for (const [response, since] of this.#working) if (since < before) response.destroy();
  }
}

const isProbe = (url: string) => url.startsWith('/health/');
