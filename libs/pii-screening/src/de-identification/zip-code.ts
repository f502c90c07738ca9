/**
 * First three digits that stand for 20,000 people or fewer. The list is the one of HHS's guidance on de-identification
 * (2012, from the 2000 census); a newer census makes a newer list.
 * @see 45 CFR 164.514(b)(2)(i)(B)
 */
const sparseAreas = new Set('036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'.split(' '));
const zipCode = /^(\d{3})\d{2}(?:[-\s]?\d{4})?$/;

/** @returns what of a ZIP code may stay, `000` for an area of few people; undefined if it is no ZIP code */
export function safeZipDigits(zip: string): string | undefined {
  const area = zipCode.exec(zip.trim())?.[1];
  if (area === undefined) return undefined;
  return sparseAreas.has(area) ? '000' : area;
}
