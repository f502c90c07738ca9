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
