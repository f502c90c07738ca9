import { type FindingSummary, Problem, problemTypes } from '@app/problem-details';
import { type Piece, collectPieces } from '../content-walker.js';
import { scopeOf } from '../detection-scope.js';
import { examineTexts } from '../examine-texts.js';
import { FindingSummaries } from '../finding-summaries.js';
import type { PiiDetector } from '../pii-detector.js';
import { safeHarborPolicy } from '../screening-policy.js';
import { withReplacements } from './deidentify-text.js';
import { FhirStructure } from './fhir-structure.js';
import { KnownValues } from './known-values.js';
import { type DeidentificationOptions, Replacements } from './replacements.js';

export interface DeidentifiedResource {
  readonly resource: Record<string, unknown>;
  /** What was replaced: type, how often, and the RFC 6901 pointer of the string. */
  readonly findings: FindingSummary[];
  /** A part of the detector was out of reach. */
  readonly degraded: boolean;
}

/**
 * Replaces what identifies a person in a FHIR R4 resource, a Bundle included: typed elements by what they mean, free text
 * (narratives, attachments, strings of unknown elements) by what the detector finds and by what the typed elements held.
 * The resource that is passed in stays as it is.
 * @throws Problem `identifier-in-text` if the name of a property holds an identifier: it cannot be replaced;
 *   `validation-failed` for JSON nested too deeply or text that claims to be encoded and is not;
 *   `screening-unavailable` if the detector fails
 * @see 45 CFR 164.514(b)(2)
 */
export async function deidentifyResource(
  resource: object,
  detector: PiiDetector,
  options: DeidentificationOptions = {},
): Promise<DeidentifiedResource> {
  const replacements = new Replacements(options);
  const structure = new FhirStructure(replacements);
  const copy = structure.copy(resource);
  const pieces = collectPieces(copy);
  const texts = pieces.flatMap((piece) => piece.screened.parts);
  const scope = scopeOf(options.policy ?? safeHarborPolicy);
  const { findings: found, degraded } = await examineTexts(detector, texts, scope);
  const known = new KnownValues([...structure.found, ...structure.renamed]);
  const summaries = new FindingSummaries();
  for (const { type, pointer } of structure.found) summaries.add(type, pointer);
  let next = 0;
  for (const piece of pieces) {
    const parts = piece.screened.parts.map((text) => {
      const findings = known.join(text, found[next++] ?? []);
      const counted = findings.filter(({ type }) => piece.exempt?.has(type) !== true);
      return withReplacements(text, counted, replacements);
    });
    // Of several readings of one string the one that finds most counts.
    const most = Math.max(...parts.map((part) => part.length));
    const counted = piece.screened.areReadings
      ? parts.map((part, at) => (parts.findIndex(({ length }) => length === most) === at ? part : []))
      : parts;
    if (most > 0) rewrite(piece, counted);
    for (const { type } of counted.flat()) summaries.add(type, piece.pointer);
  }
  return { resource: copy, findings: summaries.list(), degraded };
}

function rewrite(piece: Piece, findings: Parameters<Piece['screened']['rewrite']>[0]): void {
  if (piece.assign !== undefined) return piece.assign(piece.screened.rewrite(findings));
  const summaries = new FindingSummaries();
  for (const { type } of findings.flat()) summaries.add(type, piece.pointer);
  throw new Problem(problemTypes.identifierInText, { findings: summaries.list() });
}
