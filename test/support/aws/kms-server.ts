import { type AwsEndpoint } from './aws-endpoint.js';
import { startJsonService } from './json-service.js';
import { cryptographicOperations } from './kms-cryptographic-operations.js';
import { keyOperations } from './kms-key-operations.js';
import { KmsKeyRing } from './kms-key-ring.js';

/** KMS on the loopback interface: real keys, real ciphertexts and signatures. */
export interface KmsServer {
  readonly endpoint: AwsEndpoint;
  /** What an administrator of the account sees, and more. */
  readonly keys: KmsKeyRing;
}

/** @see AWS KMS API Reference */
export async function startKmsServer(): Promise<KmsServer> {
  const keys = new KmsKeyRing();
  const endpoint = await startJsonService(
    { signingName: 'kms', targetPrefix: 'TrentService', contentType: 'application/x-amz-json-1.1' },
    { ...keyOperations(keys), ...cryptographicOperations(keys) },
  );
  return { endpoint, keys };
}
