import type { PhiConfig } from '@app/configuration';

/** Which guardrail and model read text after the local detector. */
export interface BedrockSettings {
  region: string;
  guardrailId: string;
  guardrailVersion: string;
  modelId: string;
}

/** @returns what the environment says; all of it is set together, or nothing */
export function bedrockOf(config: PhiConfig): BedrockSettings | undefined {
  const {
    PHI_BEDROCK_REGION: region,
    PHI_BEDROCK_GUARDRAIL_ID: guardrailId,
    PHI_BEDROCK_GUARDRAIL_VERSION: guardrailVersion,
    PHI_BEDROCK_MODEL_ID: modelId,
  } = config;
  if (!region || !guardrailId || !guardrailVersion || !modelId) return undefined;
  return { region, guardrailId, guardrailVersion, modelId };
}
