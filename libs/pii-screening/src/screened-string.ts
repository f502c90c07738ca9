import { wordsOfName } from './naming-context.js';
import { MarkupView, looksLikeMarkup } from './markup-view.js';
import { type ReplacedFinding, replacementOf } from './replaced-finding.js';

/**
 * A string as a detector sees it. Its `parts` are what is read (tags taken out, entities resolved); `rewrite` puts
 * replacements back where the parts came from.
 */
export interface ScreenedString {
  readonly parts: readonly string[];
  /** The parts are readings of the same string, of which the one that finds most counts; otherwise all of them count. */
  readonly areReadings?: boolean;
  /** @param findings those to replace, one list for each part, in units of that part */
  rewrite(findings: readonly (readonly ReplacedFinding[])[]): string;
}

/**
 * @param context words that say what the string is, e.g. the names it stands under. It is read with them and without:
 *   a name can reveal an identifier, but never excuse one.
 */
export function screenedString(value: string, context = ''): ScreenedString {
  if (looksLikeMarkup(value)) return new MarkupView(value);
  if (context === '') return { parts: [value], rewrite: ([findings = []]) => maskFindings(value, findings) };
  const prefix = `${context}: `;
  return {
    parts: [prefix + value, value],
    areReadings: true,
    rewrite: ([inContext = [], alone = []]) =>
      inContext.length > 0 ? maskFindings(value, inContext, prefix.length) : maskFindings(value, alone),
  };
}

/** A property name, as it is and split into words. It cannot be rewritten. */
export function screenedName(name: string): ScreenedString {
  return { parts: [name, wordsOfName(name)], areReadings: true, rewrite: () => name };
}

/**
 * Replaces each finding by `{TYPE}` or its own replacement; what lies outside of findings stays as it is.
 * @param offset units that the findings' positions are ahead of `text`
 */
export function maskFindings(text: string, findings: readonly ReplacedFinding[], offset = 0): string {
  let masked = '';
  let from = 0;
  for (const finding of findings) {
    masked += text.slice(from, Math.max(from, finding.start - offset)) + replacementOf(finding);
    from = Math.max(from, finding.end - offset);
  }
  return masked + text.slice(from);
}
