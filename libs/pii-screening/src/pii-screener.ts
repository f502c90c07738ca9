import { Problem, problemTypes, type FindingSummary } from '@app/problem-details';
import { type Piece, collectPieces } from './content-walker.js';
import { type DetectionScope, scopeOf } from './detection-scope.js';
import { examineTexts } from './examine-texts.js';
import { FindingSummaries } from './finding-summaries.js';
import type { PiiDetector } from './pii-detector.js';
import type { PiiFinding, PiiType } from './pii-types.js';
import { isNotScreened } from './screening-marks.js';
import type { ScreeningPolicy } from './screening-policy.js';

/** What screening did to a request, for its answer and its audit event. */
export interface ScreeningSummary {
  readonly outcome: 'clean' | 'anonymized';
  /** What was anonymized: type, how often, and the RFC 6901 pointer of the string. */
  readonly findings: { readonly type: PiiType; readonly count: number; readonly pointer: string }[];
  /** A part of the detector was out of reach: what is stored must be screened again later. */
  readonly degraded?: true;
}

/** Applies a policy to everything that a request wants to store. */
export class PiiScreener {
  /** Only what the policy acts on is looked for. */
  private readonly scope: DetectionScope;

  constructor(
    private readonly detector: PiiDetector,
    private readonly policy: ScreeningPolicy,
  ) {
    this.scope = scopeOf(policy);
  }

  /**
   * Screens a validated DTO and replaces what the policy anonymizes **in place**. If it throws, nothing was changed.
   * @throws Problem `validation-failed` for encoded content that cannot be screened,
   *   `identifier-in-text` with types, counts and pointers if the policy blocks, `screening-unavailable` if the detector fails
   */
  async screen(dto: object): Promise<ScreeningSummary> {
    if (isNotScreened(dto)) return { outcome: 'clean', findings: [] };
    const { verdicts, degraded } = await this.read(dto);
    const blocked = verdicts.filter((verdict) => verdict.blocked.length > 0);
    if (blocked.length > 0) {
      const findings = summarize(blocked, (verdict) => verdict.blocked);
      throw new Problem(problemTypes.identifierInText, { findings });
    }
    return replaceIn(verdicts, degraded);
  }

  /**
   * For what is stored already and can be refused no more: replaces **in place** what the policy blocks as well.
   * @returns also whether an identifier is left: in the name of a property, which cannot be replaced
   * @throws Problem `validation-failed`, `screening-unavailable`, as `screen`
   */
  async mask(dto: object): Promise<{ summary: ScreeningSummary; identifierLeft: boolean }> {
    const { verdicts, degraded } = await this.read(dto);
    const identifierLeft = verdicts.some(({ piece, blocked }) => isName(piece) && blocked.length > 0);
    return { summary: replaceIn(verdicts, degraded), identifierLeft };
  }

  private async read(dto: object): Promise<{ verdicts: Verdict[]; degraded: boolean }> {
    const pieces = collectPieces(dto);
    const texts = pieces.flatMap((piece) => piece.screened.parts);
    const { findings, degraded } = await examineTexts(this.detector, texts, this.scope);
    return { verdicts: this.judge(pieces, findings), degraded };
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
        masked: relevant.map((part) => part.filter(({ type }) => this.policy[type] !== 'ALLOW')),
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
    return this.policy[type] === 'BLOCK' || (isName(piece) && this.policy[type] === 'ANONYMIZE');
  }
}

interface Verdict {
  readonly piece: Piece;
  readonly blocked: readonly PiiFinding[];
  /** Findings to replace unless the request is refused, one list for each part. */
  readonly masked: readonly (readonly PiiFinding[])[];
}

const isName = (piece: Piece) => piece.assign === undefined;

function replaceIn(verdicts: readonly Verdict[], degraded: boolean): ScreeningSummary {
  const anonymized = verdicts.filter(
    ({ piece, masked }) => !isName(piece) && masked.some((part) => part.length > 0),
  );
  for (const { piece, masked } of anonymized) piece.assign?.(piece.screened.rewrite(masked));
  const findings = summarize(anonymized, (verdict) => verdict.masked.flat());
  const outcome = findings.length === 0 ? 'clean' : 'anonymized';
  return { outcome, findings, ...(degraded ? { degraded: true } : {}) };
}

function summarize(
  verdicts: readonly Verdict[],
  select: (verdict: Verdict) => readonly PiiFinding[],
): (FindingSummary & { type: PiiType })[] {
  const summaries = new FindingSummaries();
  for (const verdict of verdicts) {
    for (const { type } of select(verdict)) summaries.add(type, verdict.piece.pointer);
  }
  return summaries.list();
}
