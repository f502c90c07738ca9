import type { PiiType } from './pii-types.js';

/** A rule with what it is for and what comes close to it. Brackets mark the span. */
export interface RuleCase {
  rule: string;
  type: PiiType;
  hits: string[];
  misses: string[];
}

/** Numbers, emails and street addresses: what stored notes are screened for. */
export const storedNotesRuleCases: RuleCase[] = [
  {
    rule: 'ssn-dashed',
    type: 'US_SOCIAL_SECURITY_NUMBER',
    hits: [
      'seen [987-65-4321] today',
      'number [999-52-0417].',
      'old card [219-09-9999]A',
      'plan [219-09-9999]-01',
    ],
    misses: [
      'ORD-123-45-6789',
      '1.123-45-6789',
      '000-00-0000',
      '123-45-67890',
      '2123-45-6789',
      '123-456-789',
    ],
  },
  {
    rule: 'ssn-spaced',
    type: 'US_SOCIAL_SECURITY_NUMBER',
    hits: ['re [078.05.1120], seen', 'id [078 05 1120].', 'id [078-05\n1120].'],
    misses: [
      '110 70 2015',
      '666 05 1120',
      '078 00 1120',
      '078 05 1120 mg',
      '12 078 05 1120 7',
      '2.078.05.1120',
      'Suite 680 36 4022 Oak',
    ],
  },
  {
    rule: 'ssn-labelled',
    type: 'US_SOCIAL_SECURITY_NUMBER',
    hits: [
      'SSN: [078051120]',
      'social security number is [0 7 8 0 5 1 1 2 0]',
      '[078051120] is his SSN',
      'ssn [078-051120]',
    ],
    misses: [
      'SNOMED 162673000',
      'SSN not given. MRN 123456789',
      'SSN 12345678',
      'SSN 1234567890',
      'session 078051120',
      'SSN 000000000',
    ],
  },
  {
    rule: 'card-bare',
    type: 'CREDIT_DEBIT_CARD_NUMBER',
    hits: ['on file [5555555555554444]', 'paid [378282246310005].', 'used [3530111333300000]'],
    misses: [
      '5555555555554445',
      '0.5555555555554444',
      'a5555555555554444',
      'seed: 4111111111111111',
      '428191000124101',
      '2950417736620918457',
    ],
  },
  {
    rule: 'card-grouped',
    type: 'CREDIT_DEBIT_CARD_NUMBER',
    hits: [
      'visa [4111 1111 1111 1111]',
      '[3782-822463-10005]',
      'paid [4111-1111-1111-1111].',
      '[4111 1111\n1111 1111]',
    ],
    misses: [
      '4111 1111 1111 1112',
      '4111 1111-1111 1111',
      '4000 5000 6000 7000',
      '12-4111-1111-1111-1111',
      '41 11 11 11 11 11 11 11',
    ],
  },
  {
    rule: 'card-labelled',
    type: 'CREDIT_DEBIT_CARD_NUMBER',
    hits: ['credit card [4111 1111 1111 1112]', 'Diners card [30569309025904]', 'visa [4222222222222]'],
    misses: [
      'GTIN 30569309025904',
      '4222222222222',
      'insurance card 4111111111111112',
      'Medicare card order 30569309025904',
    ],
  },
  {
    rule: 'phone-north-american',
    type: 'PHONE',
    hits: [
      '(see [617-555-0143])',
      'ok [(617) 555-0143].',
      'to [1-800-555-0199]',
      'at [617.555.0199]',
      'to [617 555 0101].',
      '[(617)5550143 x22]',
    ],
    misses: [
      'order 617-555-0143',
      'LOT-617-555-0143',
      '12-617-555-0143',
      '250 300 1200',
      '617 555 0143 mL',
      '617-555-01430',
      '$617-555-0143',
    ],
  },
  {
    rule: 'phone-international',
    type: 'PHONE',
    hits: ['from [+44 20 7946 0958] now', '[+1 (617) 555-0143]', '[011 52 55 5555 0143]', '[+49 30 901820]'],
    misses: [
      '05:28:45+00:00',
      '+210 5555 0143',
      '+2.50 -1.25 x 180',
      '+30 to +60',
      '+44 20',
      'G2P1+44 20 7946 0958',
    ],
  },
  {
    rule: 'phone-labelled',
    type: 'PHONE',
    hits: [
      'Phone: [6175550143]',
      'call her at [555-0143]',
      'tel. [079 7602 9803]',
      '[6175550143] (cell)',
      'caller ID [617-555-0143]',
    ],
    misses: [
      'NPI 6175550143',
      '6175550143',
      'white cell 12000 14000',
      'called 05-12-2019',
      'call 911',
      'fax 2 pages',
      'T cell 555 0143',
    ],
  },
  {
    rule: 'phone-local',
    type: 'PHONE',
    hits: ['left [555-0143] as number'],
    misses: ['range 400-1200', '555 0143', 'room 5555-0143', 'lot 555-0143', '3-555-0143'],
  },
  {
    rule: 'email',
    type: 'EMAIL',
    hits: [
      'to [jane.doe@example.com].',
      '<[j+x@mail.example.org]>',
      'cc [a_b@c.de];',
      '["jane doe"@example.com]',
      'x:[jane@example.com].Next',
    ],
    misses: ['25mg@bedtime.Follow', '80@rest', '@example.com', 'jane@', 'jane@example', 'jane@.com', 'a@b.c'],
  },
  {
    rule: 'email-spaced',
    type: 'EMAIL',
    hits: ['to [jane.doe @ example.com] now', '[jane@\nexample.org]'],
    misses: ['HR 80 @ rest.com', 'HR @ rest', 'pain @ night. Next day'],
  },
  {
    rule: 'email-spelled-out',
    type: 'EMAIL',
    hits: [
      '[jane dot doe at example dot com]',
      '[jane(at)example.com]',
      'email [jdoe at example.org]',
      '[jdoe42 at gmail.com]',
    ],
    misses: [
      'see us at example dot com',
      'registered at clinic.org',
      'pain 7 at rest. In clinic',
      'at night dot phrase',
      'look at dot com',
    ],
  },
  {
    rule: 'address-street',
    type: 'ADDRESS',
    hits: [
      'at [12 Oak Street, Springfield, IL 62704] with',
      '[4500 Main St Apt 4B]',
      '[221B Baker Street],',
      '[350 5th Ave, New York, NY 10118-0110]',
      'lives at [45 elm st],',
      '[4500 County Road 12]',
      '[742 Evergreen Terrace\nSpringfield, IL 62704]',
    ],
    misses: [
      '2 Day Course',
      "10 mg St John's wort",
      '3 Way valve',
      '1 st dose',
      'Grade 2 Drive',
      '2 Head CT scans',
      '2 mm ST elevation',
      '10 blocks down the street',
      '15 miles from Main Street',
      'V2 Oak Street',
      '12 Lead EKG',
    ],
  },
  {
    rule: 'address-po-box',
    type: 'ADDRESS',
    hits: ['to [P.O. Box 1234, Salem, OR 97301].', '[PO BOX 77]', '[Post Office Box #12]', '[RR 2 Box 15]'],
    misses: ['box 12 of needles', '500 mg PO 12', 'PO in a box 5', 'ipo box 7'],
  },
  {
    rule: 'address-city-line',
    type: 'ADDRESS',
    hits: ['last line [Cambridge, MA 02139].', '[New York, NY 10118-0110]'],
    misses: [
      'Stable, WBC 12000',
      'Seen in MA 02139',
      'Cambridge, MA 0213',
      'Cambridge, ZZ 02139',
      'Cambridge, MA 021390',
    ],
  },
];
