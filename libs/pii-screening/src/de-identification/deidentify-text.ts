import type { PiiFinding } from '../pii-types.js';
import type { ReplacedFinding } from '../replaced-finding.js';
import { maskFindings } from '../screened-string.js';
import { type DeidentificationOptions, Replacements } from './replacements.js';

/**
 * Replaces what a detector found by what Safe Harbor lets stay of it; what lies outside of the findings stays as it is.
 * @param findings in UTF-16 code units of `text`, not overlapping, in order
 * @returns the text, for example `{NAME} was admitted in 2021 at the age of 90+`
 * @see 45 CFR 164.514(b)(2)
 */
export function deidentifyText(
  text: string,
  findings: readonly PiiFinding[],
  options: DeidentificationOptions = {},
): string {
  return maskFindings(text, withReplacements(text, findings, new Replacements(options)));
}

/** @returns the findings that have to be replaced, each with what is to be written in its place */
export function withReplacements(
  text: string,
  findings: readonly PiiFinding[],
  replacements: Replacements,
): ReplacedFinding[] {
  return findings.flatMap((finding) => {
    const replacement = replacements.of(finding.type, text.slice(finding.start, finding.end));
    return replacement === undefined ? [] : [{ ...finding, replacement }];
  });
}
