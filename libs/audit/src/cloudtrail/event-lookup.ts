import type { CloudTrailClient, LookupEventsCommandOutput } from '@aws-sdk/client-cloudtrail';
import {
  CloudTrailSource,
  CloudTrailUnavailable,
  errorName,
  type SourceProgress,
  type TimeWindow,
} from './cloudtrail-source.js';
import { kmsOperations, UnreadableRecord } from './kms-call.js';

export interface EventLookupOptions {
  region: string;
  /** Resolves after so many milliseconds, or is rejected when the signal is aborted. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
}

/** The quota is two requests a second, an account and a region: whoever else looks things up there waits with us. */
const millisecondsBetweenRequests = 500;
const pageSize = 50;
/** Milliseconds; a page of the event history takes seconds at times. */
const timeouts = { connectionTimeout: 2_000, requestTimeout: 15_000, socketTimeout: 15_000 };
const dayMilliseconds = 24 * 60 * 60 * 1000;
/** How far back the event history reaches. */
const historyDays = 90;

/**
 * CloudTrail's event history of one account and region, by LookupEvents. It takes one attribute a request, so each operation
 * is walked by itself, newest events first.
 * @see AWS CloudTrail API Reference, "LookupEvents"
 */
export class EventLookup extends CloudTrailSource {
  #lastRequestAt = -Infinity;

  constructor(private readonly options: EventLookupOptions) {
    super();
  }

  override async *records(
    window: TimeWindow,
    signal: AbortSignal,
    onProgress: (progress: SourceProgress) => void,
  ): AsyncGenerator<object | UnreadableRecord> {
    // Loaded here: the service itself never looks anything up.
    const { CloudTrailClient: Client } = await import('@aws-sdk/client-cloudtrail');
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    const { region } = this.options;
    const requestHandler = new NodeHttpHandler({ ...timeouts, throwOnRequestTimeout: true });
    // Adaptive: after a throttling error it also sends later requests more slowly.
    const client = new Client({ region, retryMode: 'adaptive', maxAttempts: 10, requestHandler });
    try {
      for (const operation of kmsOperations) {
        let newest = window.to;
        let token: string | undefined;
        do {
          const page = await this.#page(client, operation, window, token, signal);
          for (const { CloudTrailEvent, EventTime } of page.Events ?? []) {
            newest = EventTime?.getTime() ?? newest;
            yield parsed(CloudTrailEvent);
          }
          token = page.NextToken;
          const total = window.to - window.from;
          onProgress({ step: `looking up ${operation}`, done: Math.min(window.to - newest, total), total });
        } while (token !== undefined);
      }
    } finally {
      client.destroy();
    }
  }

  override blindSpots({ from, to }: TimeWindow, now: number): string[] {
    const { region } = this.options;
    const spots = [
      `The event history is that of one account in ${region}: calls of another account that were denied are in its own history, and those to replicas of a multi-Region key in their Regions'.`,
    ];
    const oldest = now - historyDays * dayMilliseconds;
    if (from < oldest) {
      const end = new Date(Math.min(oldest, to)).toISOString();
      spots.push(
        `The event history reaches back ${historyDays} days: nothing from before ${end} was seen. Use --trail for it.`,
      );
    }
    return spots;
  }

  async #page(
    client: CloudTrailClient,
    operation: string,
    { from, to }: TimeWindow,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<LookupEventsCommandOutput> {
    const rest = this.#lastRequestAt + millisecondsBetweenRequests - this.options.now();
    if (rest > 0) await this.options.wait(rest, signal);
    signal.throwIfAborted();
    this.#lastRequestAt = this.options.now();
    const { LookupEventsCommand } = await import('@aws-sdk/client-cloudtrail');
    const command = new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: operation }],
      StartTime: new Date(from),
      EndTime: new Date(to),
      MaxResults: pageSize,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    try {
      return await client.send(command, { abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new CloudTrailUnavailable(`CloudTrail does not answer LookupEvents (${errorName(error)})`, {
        cause: error,
      });
    }
  }
}

function parsed(text: string | undefined): object | UnreadableRecord {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : new UnreadableRecord();
  } catch {
    return new UnreadableRecord();
  }
}
