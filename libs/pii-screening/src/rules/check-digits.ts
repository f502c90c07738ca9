/** Luhn check digit, ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    let digit = digits.charCodeAt(digits.length - 1 - fromRight) - 0x30;
    if (fromRight % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}

/**
 * A SNOMED CT identifier of an extension: item, seven-digit namespace beginning with 1000, partition 10 to 15, and a
 * Verhoeff check digit. Such ids can have the length, prefix and Luhn digit of a card by chance.
 * @see SNOMED CT Release File Specifications, 6 "SCTIDs"
 */
export function isSnomedExtensionId(digits: string): boolean {
  return digits.length <= 18 && /1000\d{3}1[0-5]\d$/.test(digits) && passesVerhoeff(digits);
}

/** Multiplication in the dihedral group D5: rotations 0 to 4, reflections 5 to 9. */
function multiply(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5;
  return b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5;
}

const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

function permute(digit: number, times: number): number {
  let result = digit;
  for (let round = 0; round < times % 8; round++) result = permutation[result] ?? 0;
  return result;
}

function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    check = multiply(check, permute(digits.charCodeAt(digits.length - 1 - fromRight) - 0x30, fromRight));
  }
  return check === 0;
}

/** International bank account number, ISO 13616: letters count 10 to 35, the first four characters stand last, rest 1 by 97. */
export function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const vinWeights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const vinValues = new Map([...'ABCDEFGH'].map((letter, index): [string, number] => [letter, index + 1]));
for (const [index, letter] of [...'JKLMN'].entries()) vinValues.set(letter, index + 1);
for (const [letter, value] of [
  ['P', 7],
  ['R', 9],
] as const)
  vinValues.set(letter, value);
for (const [index, letter] of [...'STUVWXYZ'].entries()) vinValues.set(letter, index + 2);

/** Vehicle identification number of North America, 49 CFR 565.15(c): the ninth character checks the others. */
export function passesVinCheck(vin: string): boolean {
  let sum = 0;
  for (let at = 0; at < 17; at++) {
    const character = vin[at] ?? '';
    sum += (vinValues.get(character) ?? Number(character)) * (vinWeights[at] ?? 0);
  }
  return vin[8] === (sum % 11 === 10 ? 'X' : String(sum % 11));
}
