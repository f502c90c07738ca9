import { randomBytes } from 'node:crypto';
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
} from '@aws-sdk/client-bedrock-runtime';
import type { DetectionScope } from '../detection-scope.js';
import { piiTypes, type PiiType } from '../pii-types.js';
import { BedrockFailure } from './bedrock-failure.js';
import type { ResolvedBedrockOptions } from './bedrock-options.js';
import { instructions, reminder, toolDescription } from './model-prompt.js';
import type { Quoted } from './quoted.js';

/**
 * Characters of one call. A page of nothing but names, each reported, still fits into the answer; and a model reads
 * a short text more carefully than a long one.
 */
export const modelPageUnits = 5_000;
const mostAnswerTokens = 8_192;
/** A longer string is a passage, not an identifier. */
const mostQuotedUnits = 300;

export const modelRule = 'bedrock-context';
const confidence = 0.7;
const toolName = 'report_identifiers';

/**
 * Strict mode takes a subset of JSON Schema: every object closed, every property required, no bounds.
 * @see Amazon Bedrock API Reference, ToolSpecification; User Guide, "Structured outputs"
 */
const inputSchema = (scope: DetectionScope) => ({
  type: 'object',
  additionalProperties: false,
  required: ['identifiers'],
  properties: {
    identifiers: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['text', 'type'],
        properties: { text: { type: 'string' }, type: { type: 'string', enum: [...scope.types] } },
      },
    },
  },
});

/**
 * Lets the model read one page of masked text for what only the context gives away.
 * @returns what it quoted; what is too long to be an identifier is an empty string
 * @throws BedrockFailure `malformed`, `truncated`, `filtered`; errors of the SDK
 * @see Amazon Bedrock API Reference, Converse; User Guide, "Call a tool with the Converse API"
 */
export async function askModel(
  client: BedrockRuntimeClient,
  options: ResolvedBedrockOptions,
  text: string,
  scope: DetectionScope,
  signal: AbortSignal,
): Promise<Quoted[]> {
  const command = new ConverseCommand(conversation(options, text, scope));
  return readAnswer(await client.send(command, { abortSignal: signal }));
}

function conversation(
  options: ResolvedBedrockOptions,
  text: string,
  scope: DetectionScope,
): ConverseCommandInput {
  // A name that nobody could know when writing the note: it cannot close its own tag and go on as instructions.
  const element = `text-${randomBytes(8).toString('hex')}`;
  return {
    modelId: options.modelId,
    system: [{ text: instructions(element, scope) }],
    messages: [
      {
        role: 'user',
        content: [
          { text: `<${element}>` },
          // The guardrail assesses this block alone: our instructions are no input of anybody's.
          { guardContent: { text: { text } } },
          { text: `</${element}>\n${reminder(element)}` },
        ],
      },
    ],
    // The trace would repeat what the guardrail matched.
    guardrailConfig: {
      guardrailIdentifier: options.guardrailId,
      guardrailVersion: options.guardrailVersion,
      trace: 'disabled',
    },
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: toolName,
            description: toolDescription,
            inputSchema: { json: inputSchema(scope) },
            strict: true,
          },
        },
      ],
      toolChoice: { tool: { name: toolName } },
    },
    inferenceConfig: { temperature: 0, maxTokens: mostAnswerTokens },
  };
}

function readAnswer({ stopReason, output }: ConverseCommandOutput): Quoted[] {
  switch (stopReason) {
    case 'tool_use':
      break;
    case 'max_tokens':
    case 'model_context_window_exceeded':
      throw new BedrockFailure('model', 'truncated');
    case 'guardrail_intervened':
    case 'content_filtered':
      throw new BedrockFailure('model', 'filtered');
    default:
      throw malformed();
  }
  const calls = (output?.message?.content ?? []).flatMap(({ toolUse }) => (toolUse ? [toolUse] : []));
  if (calls.length === 0 || calls.some(({ name }) => name !== toolName)) throw malformed();
  return calls.flatMap(({ input }) => identifiersOf(input));
}

/** Strict mode promises the schema; what is stored does not depend on that promise. */
function identifiersOf(input: unknown): Quoted[] {
  if (!isRecord(input) || !Array.isArray(input['identifiers'])) throw malformed();
  return input['identifiers'].map((item: unknown) => {
    if (!isRecord(item)) throw malformed();
    const { text, type } = item;
    if (typeof text !== 'string' || !isPiiType(type)) throw malformed();
    // An empty string is found nowhere: it is counted among the dropped ones.
    return { text: text.length > mostQuotedUnits ? '' : text, type, confidence, rule: modelRule };
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPiiType = (value: unknown): value is PiiType => piiTypes.some((type) => type === value);
const malformed = () => new BedrockFailure('model', 'malformed');
