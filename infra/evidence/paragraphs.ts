import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryFolder } from '../lib/repository.js';

/** A paragraph of 45 CFR part 164, as far as words of ours go. */
export interface Paragraph {
  /** `164.312(a)(2)(iv)` */
  id: string;
  is: 'standard' | 'required' | 'addressable';
  title: string;
  asks: string;
  /** What remains with whoever deploys. */
  yours: string;
  /** Nothing here can meet it. */
  isWhollyYours: boolean;
}

const sentence = { type: 'string', minLength: 8, maxLength: 300, pattern: '\\.$' };
const id = '^164\\.\\d{3}(\\([A-Za-z0-9]{1,5}\\))*$';
const validate = new Ajv({ allErrors: true }).compile<{
  paragraphs: Record<string, Omit<Paragraph, 'id' | 'isWhollyYours'> & { wholly?: 'yours' }>;
  alsoCited: string[];
}>({
  type: 'object',
  required: ['paragraphs', 'alsoCited'],
  additionalProperties: false,
  properties: {
    paragraphs: {
      type: 'object',
      propertyNames: { pattern: id },
      additionalProperties: {
        type: 'object',
        required: ['is', 'title', 'asks', 'yours'],
        additionalProperties: false,
        properties: {
          is: { enum: ['standard', 'required', 'addressable'] },
          title: { type: 'string', minLength: 3, maxLength: 60 },
          asks: sentence,
          yours: sentence,
          wholly: { const: 'yours' },
        },
      },
    },
    alsoCited: { type: 'array', items: { type: 'string', pattern: id } },
  },
});

/** The paragraphs that this project answers for, and those beside that may be cited. */
export class SecurityRule {
  readonly paragraphs: readonly Paragraph[];
  readonly #others: readonly string[];

  /** @param text YAML @throws Error that names every wrong place */
  constructor(text: string) {
    const document: unknown = parse(text);
    if (!validate(document)) {
      const faults = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
      throw new Error(`infra/compliance/paragraphs.yaml is not right:\n- ${faults.join('\n- ')}`);
    }
    this.paragraphs = Object.entries(document.paragraphs).map(([name, { wholly, ...words }]) => ({
      id: name,
      ...words,
      isWhollyYours: wholly === 'yours',
    }));
    this.#others = document.alsoCited;
  }

  /** @returns whether there is such a paragraph, or one within it */
  exists(cited: string): boolean {
    return [...this.paragraphs.map((one) => one.id), ...this.#others].some((one) => isWithin(one, cited));
  }

  /** @returns the paragraph that a citation counts for: itself, or the first one within it, its standard; none of another section */
  countedAs(cited: string): Paragraph | undefined {
    return (
      this.paragraphs.find((one) => one.id === cited) ??
      this.paragraphs.find((one) => isWithin(one.id, cited) && cited.includes('('))
    );
  }
}

const isWithin = (id: string, outer: string): boolean => id === outer || id.startsWith(`${outer}(`);

export const readSecurityRule = (): SecurityRule =>
  new SecurityRule(readFileSync(join(repositoryFolder, 'infra', 'compliance', 'paragraphs.yaml'), 'utf8'));
