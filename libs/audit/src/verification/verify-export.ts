import { createPublicKey, type KeyObject } from 'node:crypto';
import { keyIdOf } from '../checkpoint.js';
import { signedLeaves } from '../checkpoint-leaves.js';
import { parseObject, seals } from './checkpoint-text.js';
import { exportFormat } from './export-trail.js';
import { type FindingKind, Findings } from './findings.js';
import { MissingEvents } from './missing-events.js';
import { type AcceptedCheckpoint, RegisterCheck } from './register-check.js';
import { compareBatch, type FoundEvent } from './sealed-batch.js';
import {
  type VerificationProgress,
  verificationReport,
  type VerificationReport,
} from './verification-report.js';

export interface ExportVerificationOptions {
  /** Keys that may have signed checkpoints, SPKI PEM, from elsewhere than the file. Without them the file's own are taken. */
  publicKeys?: readonly string[];
  signal?: AbortSignal;
  /** @param progress `done` counts lines */
  onProgress?: (progress: VerificationProgress) => void;
}

/** The file is no export of a trail. */
export class NoExport extends Error {
  override readonly name = 'NoExport';
}

/** @returns keys by their names @throws NoExport of a text that is no public key */
export function publicKeysByName(pems: readonly string[]): Map<string, KeyObject> {
  try {
    return new Map(pems.map((pem) => [keyIdOf(pem), createPublicKey(pem)]));
  } catch (cause) {
    throw new NoExport('a public key cannot be read: it must be SPKI in PEM', { cause });
  }
}

/**
 * Checks an export with the public key alone: no store, no service.
 * @param lines of the file, without line breaks
 * @throws NoExport if the first line is not that of an export
 * @throws the signal's reason when it is aborted
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  options: ExportVerificationOptions = {},
): Promise<VerificationReport> {
  const startedAt = Date.now();
  let verification: ExportVerification | undefined;
  let done = 0;
  for await (const line of lines) {
    options.signal?.throwIfAborted();
    if (verification === undefined) verification = ExportVerification.begin(line, options.publicKeys);
    else verification.line(line);
    done += 1;
    if (done % 1000 === 0) options.onProgress?.({ step: 'lines', done, total: 0 });
  }
  if (verification === undefined) throw new NoExport('the file is empty');
  return verification.end(startedAt);
}

class ExportVerification {
  readonly #findings = new Findings();
  readonly #missing = new MissingEvents();
  readonly #notices: string[] = [];
  readonly #register: RegisterCheck;
  #batch: { accepted: AcceptedCheckpoint; leaves: unknown; events: FoundEvent[] } | undefined;
  #counted = { checkpoints: 0, events: 0 };
  #sealed = 0;
  #ended = false;

  private constructor(from: number, previous: string | undefined, keys: ReadonlyMap<string, KeyObject>) {
    this.#register = new RegisterCheck(keys, this.#findings, { from, previous });
  }

  static begin(line: string, publicKeys: readonly string[] | undefined): ExportVerification {
    const header = parseObject(line);
    if (header?.['format'] !== exportFormat) throw new NoExport('the file is no export of an audit trail');
    const { from, previous, publicKeys: own, exportedAt } = header;
    if (!Number.isSafeInteger(from) || (from as number) < 1)
      throw new NoExport('the first line of the file is damaged');
    const ownKeys = Array.isArray(own) ? own.filter((key) => typeof key === 'string') : [];
    const start = typeof previous === 'string' ? previous : undefined;
    const number = from as number;
    const verification = new ExportVerification(
      number,
      number === 1 ? '' : start,
      publicKeysByName(publicKeys ?? ownKeys),
    );
    if (publicKeys === undefined) {
      verification.#notices.push(
        'the signatures were checked with the key in the file itself, which shows that the file is consistent, not whose it is: name the public key of the service',
      );
    }
    if (typeof exportedAt === 'string' && !Number.isNaN(Date.parse(exportedAt))) {
      verification.#notices.push(
        `exported at ${new Date(exportedAt).toISOString()}, from checkpoint ${number} on`,
      );
    }
    return verification;
  }

  line(line: string): void {
    const value = parseObject(line);
    if (value === undefined || this.#ended) return this.#damaged();
    if ('number' in value) this.#checkpoint(value);
    else if ('sequence' in value) this.#event(value);
    else if ('end' in value) this.#end(value['end']);
    else this.#damaged();
  }

  #damaged(): void {
    const { checkpoints, events } = this.#counted;
    const message = `line ${2 + checkpoints + events} of the file, or one after it, is none of an export`;
    this.#say('file-damaged', message);
  }

  #checkpoint({ number, checkpoint, signature, leaves }: Record<string, unknown>): void {
    this.#closeBatch();
    if (!Number.isSafeInteger(number) || (number as number) < 1) return this.#damaged();
    this.#counted.checkpoints += 1;
    const accepted = this.#register.accept(number as number, { text: checkpoint, signature });
    if (accepted === undefined) return;
    const listed = typeof leaves === 'string' ? Buffer.from(leaves, 'base64') : undefined;
    this.#batch = { accepted, leaves: listed, events: [] };
  }

  #event({ chain, sequence, event }: Record<string, unknown>): void {
    this.#counted.events += 1;
    const { checkpoint, trusted } = this.#batch?.accepted ?? {};
    if (this.#counted.checkpoints === 0) return this.#damaged();
    // Its checkpoint is not there or not genuine, which was said.
    if (checkpoint === undefined || trusted === false) return;
    const { first, last, number } = checkpoint;
    const before = this.#batch!.events.at(-1)?.sequence ?? first - 1;
    const inOrder =
      Number.isSafeInteger(sequence) && (sequence as number) > before && (sequence as number) <= last;
    if (chain !== checkpoint.chain || !inOrder || !seals(checkpoint)) {
      const of = typeof sequence === 'number' ? `event ${sequence}` : 'an event';
      return this.#say(
        'event-inserted',
        `${of} stands behind checkpoint ${number}, which did not seal it there`,
        number,
      );
    }
    this.#batch!.events.push({
      sequence: sequence as number,
      text: typeof event === 'string' ? event : undefined,
    });
  }

  #closeBatch(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined || !batch.accepted.trusted || !seals(batch.accepted.checkpoint)) return;
    const { checkpoint } = batch.accepted;
    const { intact, missing } = compareBatch(
      checkpoint,
      signedLeaves(checkpoint, batch.leaves),
      batch.events,
      this.#findings,
    );
    this.#missing.add(checkpoint.chain, missing, checkpoint);
    this.#sealed += intact === 'all' ? batch.events.length : intact.size;
  }

  #end(end: unknown): void {
    this.#closeBatch();
    this.#ended = true;
    const { checkpoints, events } = (typeof end === 'object' && end !== null ? end : {}) as Record<
      string,
      unknown
    >;
    if (checkpoints === this.#counted.checkpoints && events === this.#counted.events) return;
    const message = `the last line of the file speaks of ${typeof checkpoints === 'number' ? checkpoints : 'other'} checkpoints and ${typeof events === 'number' ? events : 'other'} events; it holds ${this.#counted.checkpoints} and ${this.#counted.events}`;
    this.#say('file-damaged', message);
  }

  #say(kind: FindingKind, message: string, checkpoint?: number): void {
    this.#findings.add({ kind, message, ...(checkpoint === undefined ? {} : { checkpoint }) });
  }

  end(startedAt: number): VerificationReport {
    this.#closeBatch();
    if (!this.#ended) this.#say('file-damaged', 'the file ends before its last line: it was cut off');
    const expired = this.#missing.settle(this.#register.chains, this.#findings);
    if (expired > 0) this.#notices.push(`${expired} events had expired when the file was written`);
    return verificationReport({
      startedAt,
      endedAt: Date.now(),
      register: this.#register,
      findings: this.#findings,
      notices: this.#notices,
      events: { sealed: this.#sealed, unsealed: 0, expired },
    });
  }
}
