import { faker } from '@faker-js/faker/locale/en_US';
import type { SeededChoice } from './seeded-choice.js';

/** An identifier and a line of a note around it: `{}` stands for the identifier. */
export interface MadeIdentifier {
  readonly types: readonly string[];
  readonly value: string;
  readonly line: string;
}

interface Kind {
  readonly types: readonly string[];
  readonly lines: readonly string[];
  value(choice: SeededChoice): string;
}

/** Networks by first digits and length; the check digit is computed. */
const cardPrefixes: readonly [string, number][] = [
  ['4', 16],
  ['51', 16],
  ['55', 16],
  ['2221', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
];

function cardNumber(choice: SeededChoice): string {
  const [prefix, length] = choice.of(cardPrefixes);
  const body = prefix + choice.pattern('#'.repeat(length - prefix.length - 1));
  const sum = [...body].reduceRight((total, digit, at) => {
    const doubled = Number(digit) * ((body.length - at) % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  const digits = `${body}${(10 - (sum % 10)) % 10}`;
  const groups = length === 15 ? /^(\d{4})(\d{6})(\d{5})$/ : /^(\d{4})(\d{4})(\d{4})(\d{4})$/;
  const separator = choice.of([' ', '-', '', ' ', '\u00a0']);
  return (groups.exec(digits) ?? []).slice(1).join(separator);
}

/** Areas that are issued, and such as are not: a mistyped number identifies as well. */
function socialSecurityNumber(choice: SeededChoice): string {
  const area = String(1 + choice.below(899)).padStart(3, '0');
  const serial = String(1 + choice.below(9999)).padStart(4, '0');
  const separator = choice.of(['-', '-', '-', ' ', '.', '\u2011']);
  return [area, String(1 + choice.below(99)).padStart(2, '0'), serial].join(separator);
}

const phonePatterns = [
  '(%##) %##-####',
  '%##-%##-####',
  '%##.%##.####',
  '%## %## ####',
  '(%##)%##-####',
  '+1 %## %## ####',
  '+1-%##-%##-####',
  '1-800-%##-####',
  '%##-%##-#### ext. %##',
  '(%##) %##-#### x####',
  '%##\u2011%##\u2011####',
  '+44 20 7### ####',
  '+49 30 ########',
  '+33 1 ## ## ## ##',
];

function email(choice: SeededChoice): string {
  const given = faker.person
    .firstName()
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const family = faker.person
    .lastName()
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const local = choice.of([
    `${given}.${family}`,
    `${given}${choice.below(99)}`,
    `${given[0] ?? 'x'}${family}`,
    `${given}_${family}+rx`,
  ]);
  const host = choice.of([
    'example.com',
    'mail.example.org',
    'clinic.example.net',
    'example.co.uk',
    'health.example.edu',
  ]);
  const written = choice.of(['@', '@', '@', '@', '@', ' at ', '[at]']);
  if (written === '@') return `${local}@${host}`;
  return `${local}${written}${written === ' at ' ? host.replaceAll('.', ' dot ') : host}`;
}

function address(choice: SeededChoice): string {
  const street = choice.of([
    `${faker.location.streetAddress()}`,
    `${faker.location.streetAddress()}, Apt ${1 + choice.below(40)}${choice.of(['', 'A', 'C'])}`,
    `${1 + choice.below(9900)} ${choice.of(['N', 'S', 'West', 'NE'])} ${choice.below(89) + 11}th ${choice.of(['St', 'Ave', 'Street'])}`,
    `PO Box ${1 + choice.below(9999)}`,
  ]);
  const place = `${faker.location.city()}, ${faker.location.state({ abbreviated: true })}`;
  return choice.of([
    street,
    `${street}, ${place} ${choice.pattern('#####')}`,
    `${street}, ${place} ${choice.pattern('#####-####')}`,
    `${street}, ${place}`,
  ]);
}

const ip = (choice: SeededChoice) =>
  choice.of([
    `192.0.2.${choice.below(255)}`,
    `203.0.113.${choice.below(255)}`,
    `2001:db8::${(1 + choice.below(65_000)).toString(16)}`,
  ]);

const kinds: readonly Kind[] = [
  {
    types: ['US_SOCIAL_SECURITY_NUMBER'],
    value: socialSecurityNumber,
    lines: [
      'SSN {}.',
      'Social security number on file: {}.',
      'Her social is {}, per the spouse.',
      'Registration form lists SSN: {}',
    ],
  },
  {
    types: ['CREDIT_DEBIT_CARD_NUMBER'],
    value: cardNumber,
    lines: [
      'Copay charged to card {}.',
      'Paid with {} at the desk.',
      'Visa on file {}, declined once.',
      'Patient read her card number, {}, over the phone.',
    ],
  },
  {
    types: ['PHONE'],
    value: (choice) => choice.pattern(choice.of(phonePatterns)),
    lines: [
      'Call {} with results.',
      'Best number is {}.',
      'Daughter can be reached at {} after five.',
      'Pharmacy fax: {}',
      'Emergency contact: wife, {}.',
      'Phone {}; leave a message.',
    ],
  },
  {
    types: ['EMAIL'],
    value: email,
    lines: ['Email: {}', 'Send the portal link to {}.', 'She prefers to be written to under {} only.'],
  },
  {
    types: ['ADDRESS'],
    value: address,
    lines: [
      'Lives at {}.',
      'Home address: {}',
      'Mail the results to {}.',
      'Visiting nurse to see him at {} on Monday.',
    ],
  },
  {
    types: ['IP_ADDRESS'],
    value: ip,
    lines: ['Home monitor connects from {}.', 'Portal login from IP {} was blocked.'],
  },
  {
    types: ['URL'],
    value: (choice) =>
      choice.pattern(
        choice.of([
          'https://www.example.com/u/####',
          'http://photos.example.org/@@@/###.jpg',
          'www.example.net/people/####',
          'https://share.example.com/?id=@@####',
        ]),
      ),
    lines: ['Photos were uploaded to {}.', 'Her page {} shows the rash.'],
  },
];

/** Numbers, each under its own label. */
const numbers: readonly [string, readonly string[], readonly string[]][] = [
  [
    'MEDICAL_RECORD_NUMBER',
    ['########', '@@-######', '##-##-##', '@#######'],
    ['MRN: {}', 'MRN {} verified.', 'Medical record number {}.', 'Chart number: {}'],
  ],
  [
    'HEALTH_PLAN_ID',
    ['@@@##########', '#########', '@########-##'],
    ['Member ID {}.', 'Insurance ID: {}', 'Policy number {} is active.'],
  ],
  [
    'ACCOUNT_NUMBER',
    ['########', '@###########', '###-####'],
    ['Account number {} has a balance.', 'Acct # {}'],
  ],
];

const numberKinds: readonly Kind[] = numbers.map(([type, patterns, lines]) => ({
  types: [type],
  value: (choice) => choice.pattern(choice.of(patterns)),
  lines,
}));

const allKinds = [...kinds, ...numberKinds];

export function seedNames(seed: number): void {
  faker.seed(seed);
}

export function makeIdentifier(choice: SeededChoice): MadeIdentifier {
  const kind = choice.of(allKinds);
  return { types: kind.types, value: kind.value(choice), line: choice.of(kind.lines) };
}

const traps = [
  'BP 1%#/%#, HR %#, RR 1#, SpO2 9# percent on room air.',
  'NDC 0###%-####-## dispensed, quantity %#.',
  'NDC #####-###-## was substituted.',
  'LOINC %###-% and %####-# were resulted.',
  'ICD-10 E11.#, I2#.10, Z79.#.',
  'Referring NPI 1#########.',
  'Order number 202#04######.',
  'Order ########## was released.',
  'Barcode 0########### scanned, lot @@####.',
  'G%P1 at 3#w#d, fundal height 3# cm.',
  'Na 13#, K 4.#, Cl 10#, BUN 1#, Cr 1.##, glucose 1##.',
  'Metoprolol %# mg, lisinopril %# mg, aspirin 81 mg, qty %#.',
  'Foley catheter output %#0 mL; Hickman line flushed.',
  'Modified Duke criteria met; Apgar 8 and 9; Glasgow 1#.',
  'Diagnosed in 20##, treated since 201#.',
  'The 8#-year-old brother is well.',
  'CPT 99%1%, 36415; HCPCS G0###.',
  'SNOMED %########; RxNorm %#####.',
  'Titer 1:1%0, dilution 1:10000, ratio 0.##.',
  'WBC 1#%00, platelets %##000, ferritin 1##.',
];

/** @returns a line that holds no identifier and looks as if it did */
export function makeTrap(choice: SeededChoice): string {
  return choice.pattern(choice.of(traps));
}
