import type { BedrockServer, ReceivedRequest } from './bedrock-server.js';

/** @returns the variables of a service or a command with Bedrock; its requests are known by the guardrail's id */
export const bedrockVariables = (guardrailId: string, onFailure: 'reject' | 'local-only' = 'reject') => ({
  PHI_BEDROCK_REGION: 'us-east-1',
  PHI_BEDROCK_GUARDRAIL_ID: guardrailId,
  PHI_BEDROCK_GUARDRAIL_VERSION: '7',
  PHI_BEDROCK_MODEL_ID: `us.anthropic.${guardrailId}-v1:0`,
  PHI_SCREENING_ON_FAILURE: onFailure,
});

/** Whether the request comes from a process with this guardrail id. */
export const isFrom = (guardrailId: string, { path }: ReceivedRequest) => path.includes(guardrailId);

/** What the AWS SDK takes from the environment, to find the local server. */
export const sdkEnvironment = ({ endpoint }: BedrockServer) => ({
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});
