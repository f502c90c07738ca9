import {
  ApplyGuardrailCommand,
  type ApplyGuardrailCommandOutput,
  type BedrockRuntimeClient,
  type GuardrailAssessment,
  type GuardrailPiiEntityType,
} from '@aws-sdk/client-bedrock-runtime';
import { piiTypes, type PiiType } from '../pii-types.js';
import { BedrockFailure } from './bedrock-failure.js';
import type { ResolvedBedrockOptions } from './bedrock-options.js';
import type { Quoted } from './quoted.js';

/**
 * Characters of one call. A text unit is up to 1,000 characters, and 25 of them is the least that any region takes at once.
 * @see Amazon Bedrock User Guide, "Quotas for Amazon Bedrock"; AWS Machine Learning Blog, "Use the ApplyGuardrail API
 *   with long-context inputs and streaming outputs in Amazon Bedrock"
 */
export const guardrailPageUnits = 25_000;

export const guardrailRule = 'bedrock-guardrail';
const confidence = 0.9;

/** What each of the guardrail's types is here. The compiler knows when the service gets another one. */
const ownTypes: Readonly<Record<GuardrailPiiEntityType, PiiType>> = {
  ADDRESS: 'ADDRESS',
  AGE: 'AGE',
  AWS_ACCESS_KEY: 'OTHER_ID',
  AWS_SECRET_KEY: 'OTHER_ID',
  CA_HEALTH_NUMBER: 'HEALTH_PLAN_ID',
  CA_SOCIAL_INSURANCE_NUMBER: 'OTHER_ID',
  // Of no use without the number itself, which is looked for under its own type: no reason to refuse a note.
  CREDIT_DEBIT_CARD_CVV: 'OTHER_ID',
  CREDIT_DEBIT_CARD_EXPIRY: 'OTHER_ID',
  CREDIT_DEBIT_CARD_NUMBER: 'CREDIT_DEBIT_CARD_NUMBER',
  DRIVER_ID: 'DRIVER_ID',
  EMAIL: 'EMAIL',
  INTERNATIONAL_BANK_ACCOUNT_NUMBER: 'ACCOUNT_NUMBER',
  IP_ADDRESS: 'IP_ADDRESS',
  LICENSE_PLATE: 'LICENSE_PLATE',
  MAC_ADDRESS: 'DEVICE_ID',
  NAME: 'NAME',
  PASSWORD: 'OTHER_ID',
  PHONE: 'PHONE',
  PIN: 'OTHER_ID',
  SWIFT_CODE: 'ACCOUNT_NUMBER',
  UK_NATIONAL_HEALTH_SERVICE_NUMBER: 'HEALTH_PLAN_ID',
  UK_NATIONAL_INSURANCE_NUMBER: 'OTHER_ID',
  UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER: 'OTHER_ID',
  URL: 'URL',
  USERNAME: 'OTHER_ID',
  US_BANK_ACCOUNT_NUMBER: 'ACCOUNT_NUMBER',
  US_BANK_ROUTING_NUMBER: 'ACCOUNT_NUMBER',
  // The shape of a social security number, for people who have none: the local detector calls it one too.
  US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER: 'US_SOCIAL_SECURITY_NUMBER',
  US_PASSPORT_NUMBER: 'OTHER_ID',
  US_SOCIAL_SECURITY_NUMBER: 'US_SOCIAL_SECURITY_NUMBER',
  VEHICLE_IDENTIFICATION_NUMBER: 'VEHICLE_IDENTIFICATION_NUMBER',
};

/**
 * Sends one page through the guardrail's policies, as input.
 * @returns what its sensitive-information policy detected, whatever it did about it
 * @throws BedrockFailure `incomplete` if it did not examine the whole page, `malformed`; errors of the SDK
 * @see Amazon Bedrock API Reference, ApplyGuardrail
 */
export async function applyGuardrail(
  client: BedrockRuntimeClient,
  { guardrailId, guardrailVersion }: ResolvedBedrockOptions,
  text: string,
  signal: AbortSignal,
): Promise<Quoted[]> {
  const command = new ApplyGuardrailCommand({
    guardrailIdentifier: guardrailId,
    guardrailVersion,
    source: 'INPUT',
    content: [{ text: { text } }],
    // Also what the policy only watches (action NONE), in every version of the service.
    outputScope: 'FULL',
  });
  return readAnswer(await client.send(command, { abortSignal: signal }));
}

function readAnswer({ action, assessments, guardrailCoverage }: ApplyGuardrailCommandOutput): Quoted[] {
  if (action !== 'NONE' && action !== 'GUARDRAIL_INTERVENED') throw malformed();
  if (!Array.isArray(assessments)) throw malformed();
  const { guarded, total } = guardrailCoverage?.textCharacters ?? {};
  if (guarded !== undefined && total !== undefined && guarded < total) {
    throw new BedrockFailure('guardrail', 'incomplete');
  }
  return assessments.flatMap((assessment) => detected(assessment));
}

/** Other policies of a guardrail (topics, content, words, grounding) say nothing of identifiers. */
function detected({ sensitiveInformationPolicy }: GuardrailAssessment): Quoted[] {
  const { piiEntities, regexes } = sensitiveInformationPolicy ?? {};
  const entities = (piiEntities ?? []).map((entity) => ({
    ...quoted(entity.match, (entity.type && ownTypes[entity.type]) ?? 'OTHER_ID'),
    isDetected: entity.detected !== false,
  }));
  const ofRegexes = (regexes ?? []).map((regex) => ({
    ...quoted(regex.match, typeOfRegex(regex.name)),
    isDetected: regex.detected !== false,
  }));
  return [...entities, ...ofRegexes]
    .filter(({ isDetected, type, text }) => isDetected && !(type === 'AGE' && isUnderNinety(text)))
    .map(({ text, type }) => ({ text, type, confidence, rule: guardrailRule }));
}

function quoted(text: string | undefined, type: PiiType): { text: string; type: PiiType } {
  // Something was detected and is not told: it cannot be located, and that is a failure.
  return { text: text ?? '', type };
}

/** A regex of the guardrail is named after the type that it stands for. */
function typeOfRegex(name: string | undefined): PiiType {
  const upper = name
    ?.trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
  return piiTypes.find((type) => type === upper) ?? 'OTHER_ID';
}

/** An age identifies from 90 on (45 CFR 164.514(b)(2)(i)(C)); the guardrail reports every age. */
function isUnderNinety(text: string): boolean {
  const numbers = text.match(/\d+/g);
  return numbers !== null && numbers.every((number) => Number(number) < 90);
}

const malformed = () => new BedrockFailure('guardrail', 'malformed');
