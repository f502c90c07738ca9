import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryFolder } from './repository.js';

/** Somebody who may hold or see PHI for whoever deploys. */
export interface Vendor {
  /** Part of names: lower case letters, digits and hyphens. */
  id: string;
  name: string;
  /** What of theirs is used. */
  service: string;
  phi: boolean;
  /** Of the business associate agreement, `yyyy-mm-dd`. */
  baaSigned: string | null;
  baaExpires: string | null;
  /** When somebody last looked at its assurances. */
  reviewed: string | null;
  /** A role, nobody's name. */
  contact: string;
}

const VENDOR_FILE = 'compliance/vendors.yaml';
/** The assurances of a vendor are looked at again after this. */
const REVIEW_DAYS = 365;
const DAY_SECONDS = 86_400;

const date = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' };
const words = { type: 'string', minLength: 2, maxLength: 200 };
const schema = {
  type: 'object',
  required: ['vendors'],
  additionalProperties: false,
  properties: {
    vendors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'name', 'service', 'phi', 'baaSigned', 'baaExpires', 'reviewed', 'contact'],
        additionalProperties: false,
        properties: {
          id: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,29}$' },
          name: words,
          service: words,
          phi: { type: 'boolean' },
          baaSigned: { anyOf: [date, { type: 'null' }] },
          baaExpires: { anyOf: [date, { const: 'never' }, { type: 'null' }] },
          reviewed: { anyOf: [date, { type: 'null' }] },
          // Whoever has the role reads the mail: a name would be out of date first.
          contact: { type: 'string', pattern: '^[a-z][a-z ]{2,39}$' },
        },
      },
    },
  },
};
const validate = new Ajv({ allErrors: true }).compile<{ vendors: Vendor[] }>(schema);

/**
 * Business associates and the agreements with them (45 CFR 164.308(b)(1), 164.308(b)(2)), as the account that deploys has them.
 * @param text YAML
 * @throws Error that names every wrong place
 */
export function vendorRegister(text: string): Vendor[] {
  const document: unknown = parse(text);
  if (!validate(document)) {
    const faults = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    throw new Error(`${VENDOR_FILE} is not right:\n- ${faults.join('\n- ')}`);
  }
  const { vendors } = document;
  const faults = vendors.flatMap((vendor, index) => faultsOf(vendor, vendors.slice(0, index)));
  if (faults.length > 0) throw new Error(`${VENDOR_FILE} is not right:\n- ${faults.join('\n- ')}`);
  return vendors;
}

export const readVendors = (): Vendor[] =>
  vendorRegister(readFileSync(join(repositoryFolder, VENDOR_FILE), 'utf8'));

function faultsOf({ id, baaSigned, baaExpires, reviewed }: Vendor, before: readonly Vendor[]): string[] {
  const dates = { baaSigned, baaExpires: baaExpires === 'never' ? null : baaExpires, reviewed };
  return [
    ...(before.some((other) => other.id === id) ? [`${id}: there are two`] : []),
    ...Object.entries(dates).flatMap(([name, value]) =>
      value === null || isDay(value) ? [] : [`${id}: ${name} is no day of the calendar`],
    ),
    ...(baaSigned === null && baaExpires !== null && baaExpires !== 'never'
      ? [`${id}: an agreement that ends was signed once`]
      : []),
    ...(dates.baaExpires !== null && baaSigned !== null && dates.baaExpires <= baaSigned
      ? [`${id}: baaExpires comes after baaSigned`]
      : []),
  ];
}

const isDay = (value: string): boolean => {
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
};

/** No PHI to anybody before there is a written contract (45 CFR 164.308(b)(3)). */
export function vendorRules(vendors: readonly Vendor[], isProd: boolean): [boolean, string][] {
  const missing = withoutAgreement(vendors);
  return [
    [
      !isProd || missing.length === 0,
      `vendors: ${missing.join(', ')}: baaSigned and baaExpires are missing in ${VENDOR_FILE}`,
    ],
  ];
}

/** Of an account that there is not. */
export const exampleVendors: readonly Vendor[] = [
  {
    id: 'aws',
    name: 'Amazon Web Services',
    service: 'Everything that is deployed here',
    phi: true,
    baaSigned: '2026-03-02',
    baaExpires: 'never',
    reviewed: '2026-11-02',
    contact: 'privacy officer',
  },
];

/** @returns ids of vendors that PHI reaches without an agreement on record (45 CFR 164.308(b)(3)) */
export const withoutAgreement = (vendors: readonly Vendor[]): string[] =>
  vendors
    .filter(({ phi, baaSigned, baaExpires }) => phi && (baaSigned === null || baaExpires === null))
    .map(({ id }) => id);

/** A day on which something has to have been done. */
export interface Deadline {
  vendor: Vendor;
  kind: 'agreement' | 'review';
  /** Its beginning, seconds since 1970, UTC. */
  atSeconds: number;
  /** How many days ahead somebody is told. */
  daysAhead: readonly number[];
}

/** @returns what runs out, by vendor; nothing of those that PHI does not reach */
export function deadlinesOf(vendors: readonly Vendor[]): Deadline[] {
  const seconds = (day: string) => Date.parse(`${day}T00:00:00Z`) / 1000;
  return vendors
    .filter(({ phi }) => phi)
    .flatMap((vendor): Deadline[] => {
      const { baaExpires, reviewed } = vendor;
      return [
        ...(baaExpires === null || baaExpires === 'never'
          ? []
          : [{ vendor, kind: 'agreement' as const, atSeconds: seconds(baaExpires), daysAhead: [90, 30, 0] }]),
        ...(reviewed === null
          ? []
          : [
              {
                vendor,
                kind: 'review' as const,
                atSeconds: seconds(reviewed) + REVIEW_DAYS * DAY_SECONDS,
                daysAhead: [0],
              },
            ]),
      ];
    });
}

/**
 * Days that are left, as CloudWatch works them out by itself: no function, no clock of ours. EPOCH is the time of each value and never sparse, so
 * that the days go on if the metric should fall silent.
 * @see Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics", EPOCH
 */
export const daysLeft = ({ atSeconds }: Deadline, id: string): string =>
  `(${atSeconds} - EPOCH(${id})) / ${DAY_SECONDS}`;
