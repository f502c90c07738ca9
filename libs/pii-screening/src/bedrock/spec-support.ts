import type { BedrockServer } from '../../../../test/support/bedrock-server.js';
import { scopeOf } from '../detection-scope.js';
import { LocalPiiDetector } from '../local-pii-detector.js';
import { PiiDetector } from '../pii-detector.js';
import type { PiiFinding } from '../pii-types.js';
import { storedNotesPolicy } from '../screening-policy.js';
import { BedrockPiiDetector } from './bedrock-pii-detector.js';
import type { BedrockOptions } from './bedrock-options.js';

export const storedNotesScope = scopeOf(storedNotesPolicy);

/** The local detector for the five types of stored notes, whatever is asked for: names are left to the services. */
export class NamelessDetector extends PiiDetector {
  private readonly local = new LocalPiiDetector();

  override detect(text: string): Promise<PiiFinding[]> {
    return this.local.detect(text, storedNotesScope);
  }
}

export const bedrockOptions = (
  server: BedrockServer,
  { limits, ...more }: Partial<BedrockOptions> = {},
): BedrockOptions => ({
  region: 'us-east-1',
  endpoint: server.endpoint,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  guardrailId: 'abc123def456',
  guardrailVersion: '7',
  modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  onFailure: 'reject',
  ...more,
  limits: { firstRetryMs: 1, lastRetryMs: 2, ...limits },
});

/** @returns a detector on the server; the test closes it */
export function detectorOn(server: BedrockServer, more: Partial<BedrockOptions> = {}): BedrockPiiDetector {
  return new BedrockPiiDetector(bedrockOptions(server, more), new NamelessDetector());
}
