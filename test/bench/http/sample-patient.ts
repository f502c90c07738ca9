/**
 * Notes as a clinician writes them, 500 bytes: numbers, units and dates that a screening has to look at,
 * and nothing that it would replace.
 */
const notes =
  'Seen for follow-up of type 2 diabetes and hypertension. Reports good adherence to metformin 1000 mg twice daily ' +
  'and lisinopril 20 mg once daily, no hypoglycemia, no dizziness. BP 128/76 mmHg, HR 72, weight 84.5 kg, BMI 27.3. ' +
  'HbA1c 6.9 percent (was 7.4 in March), LDL 88 mg/dL, eGFR above 90, urine albumin normal. Foot exam normal with ' +
  'monofilament 10/10. Retina screening done this spring without retinopathy. Plan: continue, repeat labs in 3 months, ' +
  'influenza vaccine given today, back in 12 weeks.';

const serialDigits = 10;

/** The identifier of the patient with this serial number. */
export function identifierOf(serial: number): { system: string; value: string } {
  return { system: 'urn:oid:2.16.840.1.113883.19.5', value: `MRN-${padded(serial)}` };
}

/**
 * A made-up patient of 1 KB. Whatever is indexed (identifier, phone, email, family name with birth date) is
 * distinct; the size is the same for every serial number.
 */
export function samplePatient(serial: number): object {
  const digits = padded(serial);
  const day = String(1 + (serial % 28)).padStart(2, '0');
  const month = String(1 + (Math.floor(serial / 28) % 12)).padStart(2, '0');
  return {
    identifier: [{ use: 'official', ...identifierOf(serial) }],
    active: true,
    name: [{ use: 'official', family: `Sample${lettersOf(digits)}`, given: ['Ana', 'Marisol'] }],
    telecom: [
      { system: 'phone', value: `+1${digits}`, use: 'mobile', rank: 1 },
      { system: 'email', value: `ana.${digits}@example.org`, use: 'home' },
    ],
    gender: 'female',
    birthDate: `19${30 + (serial % 60)}-${month}-${day}`,
    address: [
      {
        use: 'home',
        line: ['12 Sample Street'],
        city: 'Springfield',
        state: 'MA',
        postalCode: '01101',
        country: 'US',
      },
    ],
    notes,
  };
}

/** Names have no digits; screening would look at such a name twice. */
const lettersOf = (digits: string) => digits.replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

const padded = (serial: number) => String(serial).padStart(serialDigits, '0');
