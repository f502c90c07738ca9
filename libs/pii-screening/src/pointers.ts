/** FHIR's names begin with a lower case letter, names of people and places do not. */
const plausibleName = /^_{0,2}[a-z][A-Za-z0-9_]{0,63}$/;

/**
 * @returns a segment of an RFC 6901 pointer; a name that does not look like a FHIR element's is written `*`, because a
 * client's names can be identifiers themselves
 */
export function pointerSegment(name: string): string {
  return plausibleName.test(name) ? name : '*';
}
