import { Problem, problemTypes, type FindingSummary } from '@app/problem-details';
import { type Piece, collectPieces } from './content-walker.js';
import type { PiiDetector } from './pii-detector.js';
import type { PiiFinding, PiiType } from './pii-types.js';
import { isNotScreened } from './screening-marks.js';
import type { ScreeningPolicy } from './screening-policy.js';

/** What screening did to a request, for its answer and its audit event. */
export interface ScreeningSummary {
  readonly outcome: 'clean' | 'anonymized';
  /** What was anonymized: type, how often, and the RFC 6901 pointer of the string. */
  readonly findings: { readonly type: PiiType; readonly count: number; readonly pointer: string }[];
}

const retryAfterSeconds = 5;

/** Applies a policy to everything that a request wants to store. */
export class PiiScreener {
  constructor(
    private readonly detector: PiiDetector,
    private readonly policy: ScreeningPolicy,
  ) {}

  /**
   * Screens a validated DTO and replaces what the policy anonymizes **in place**. If it throws, nothing was changed.
   * @throws Problem `validation-failed` for encoded content that cannot be screened,
   *   `identifier-in-text` with types, counts and pointers if the policy blocks, `screening-unavailable` if the detector fails
   */
  async screen(dto: object): Promise<ScreeningSummary> {
    if (isNotScreened(dto)) return { outcome: 'clean', findings: [] };
    const pieces = collectPieces(dto);
    const verdicts = this.judge(pieces, await this.detect(pieces));
    const blocked = verdicts.filter((verdict) => verdict.blocked.length > 0);
    if (blocked.length > 0) {
      const findings = summarize(blocked, (verdict) => verdict.blocked);
      throw new Problem(problemTypes.identifierInText, { findings });
    }
    const anonymized = verdicts.filter(({ masked }) => masked.some((part) => part.length > 0));
    for (const { piece, masked } of anonymized) piece.assign?.(piece.screened.rewrite(masked));
    const findings = summarize(anonymized, (verdict) => verdict.masked.flat());
    return { outcome: findings.length === 0 ? 'clean' : 'anonymized', findings };
  }

  private async detect(pieces: readonly Piece[]): Promise<PiiFinding[][]> {
    const texts = pieces.flatMap((piece) => piece.screened.parts);
    if (texts.length === 0) return [];
    try {
      return await this.detector.detectAll(texts);
    } catch (cause) {
      throw new Problem(problemTypes.screeningUnavailable, {
        cause,
        headers: { 'Retry-After': String(retryAfterSeconds) },
      });
    }
  }

  private judge(pieces: readonly Piece[], found: readonly PiiFinding[][]): Verdict[] {
    let next = 0;
    return pieces.map((piece) => {
      const parts = piece.screened.parts.map(() => found[next++] ?? []);
      const filtered = parts.map((part) => part.filter((finding) => !piece.exempt?.has(finding.type)));
      const relevant = piece.screened.areReadings ? this.strictest(filtered) : filtered;
      return {
        piece,
        blocked: relevant.flat().filter((finding) => this.isBlocked(piece, finding)),
        masked: relevant.map((part) => part.filter(({ type }) => this.policy[type] === 'ANONYMIZE')),
      };
    });
  }

  /** Of several readings of one string, the one that blocks, else the one that finds most; the others are emptied. */
  private strictest(readings: PiiFinding[][]): PiiFinding[][] {
    const weight = (reading: PiiFinding[]) =>
      reading.reduce(
        (sum, { type }) =>
          sum + (this.policy[type] === 'BLOCK' ? 1e6 : this.policy[type] === 'ANONYMIZE' ? 1 : 0),
        0,
      );
    const heaviest = readings.reduce((best, reading) => (weight(reading) > weight(best) ? reading : best));
    return readings.map((reading) => (reading === heaviest ? reading : []));
  }

  /** A name cannot be replaced without breaking what it names: whatever the policy would anonymize there is refused. */
  private isBlocked(piece: Piece, { type }: PiiFinding): boolean {
    return this.policy[type] === 'BLOCK' || (piece.assign === undefined && this.policy[type] === 'ANONYMIZE');
  }
}

interface Verdict {
  readonly piece: Piece;
  readonly blocked: readonly PiiFinding[];
  /** Findings to replace, one list for each part. */
  readonly masked: readonly (readonly PiiFinding[])[];
}

function summarize(
  verdicts: readonly Verdict[],
  select: (verdict: Verdict) => readonly PiiFinding[],
): (FindingSummary & { type: PiiType })[] {
  const summaries = new Map<string, FindingSummary & { type: PiiType }>();
  for (const verdict of verdicts) {
    for (const { type } of select(verdict)) {
      const { pointer } = verdict.piece;
      const summary = summaries.get(`${type} ${pointer}`);
      if (summary === undefined) summaries.set(`${type} ${pointer}`, { type, count: 1, pointer });
      else summary.count++;
    }
  }
  return [...summaries.values()];
}
