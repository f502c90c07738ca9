import { type LabelledText, type Span, labelsNumbersApart, overlaps } from './labelled-texts.js';
import { scoreClasses } from './pii-labels.js';
import { type Finding, countedFindings, goldOf, isMasked } from './pii-score.js';

/** Something that the detector got wrong. It quotes the text. */
export interface DetectionError {
  readonly className: string;
  readonly id: string;
  readonly kind: 'missed' | 'half masked' | 'false alarm' | 'another type' | 'other bounds';
  /** The span in brackets with what stands around it. */
  readonly quote: string;
}

const quotedUnits = 36;
/** What leaves an identifier in the text comes first. */
const severity = ['missed', 'half masked', 'false alarm', 'another type', 'other bounds'] as const;

/** @returns the worst errors of each class, at most `most` */
export function worstErrors(
  texts: readonly LabelledText[],
  found: readonly (readonly Finding[])[],
  most: number,
): DetectionError[] {
  const classes = scoreClasses(labelsNumbersApart(texts));
  const errors = texts.flatMap((text, at) => {
    const findings = countedFindings(text, found[at] ?? []);
    return classes.flatMap((scored) => {
      const gold = goldOf(scored, text);
      const own = findings.filter(({ type }) => scored.types.has(type));
      const error = (kind: DetectionError['kind'], span: Span): DetectionError => ({
        className: scored.name,
        id: text.id,
        kind,
        quote: quote(text.text, span),
      });
      const wrong = gold.flatMap((span) => {
        const kind = faultOf(text.text, span, own, findings);
        return kind === undefined ? [] : [error(kind, span)];
      });
      const alarms = own.filter((finding) => !text.gold.some((span) => overlaps(span, finding)));
      return [...wrong, ...alarms.map((finding) => error('false alarm', finding))];
    });
  });
  errors.sort((a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind));
  return classes.flatMap(({ name }) => errors.filter(({ className }) => className === name).slice(0, most));
}

function faultOf(
  text: string,
  span: Span,
  own: readonly Finding[],
  all: readonly Finding[],
): DetectionError['kind'] | undefined {
  if (own.some(({ start, end }) => start === span.start && end === span.end)) return undefined;
  if (!all.some((finding) => overlaps(finding, span))) return 'missed';
  if (!isMasked(text, span, all)) return 'half masked';
  return own.some((finding) => overlaps(finding, span)) ? 'other bounds' : 'another type';
}

function quote(text: string, { start, end }: Span): string {
  const before = text.slice(Math.max(0, start - quotedUnits), start);
  const after = text.slice(end, end + quotedUnits);
  return `${before}[${text.slice(start, end)}]${after}`.replace(/\s+/g, ' ');
}
