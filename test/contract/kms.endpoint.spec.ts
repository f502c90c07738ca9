import { describe } from '@jest/globals';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  KMSClient,
  ListAliasesCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { testCredentials, testRegion } from '../support/aws/aws-endpoint.js';
import { startKmsServer } from '../support/aws/kms-server.js';
import { kmsContract } from './kms.contract.js';

describe('KMS endpoint of the tests', () => {
  kmsContract(async () => {
    const { endpoint } = await startKmsServer();
    const client = new KMSClient({
      endpoint: endpoint.url,
      region: testRegion,
      credentials: testCredentials,
    });
    const AliasName = 'alias/contract';
    const newKey = async () => (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: await newKey() }));
    const { Aliases = [] } = await client.send(new ListAliasesCommand({}));
    return {
      client,
      aliasArn: Aliases[0]?.AliasArn ?? '',
      async replaceKey() {
        const TargetKeyId = await newKey();
        await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId }));
        return TargetKeyId;
      },
      async close() {
        client.destroy();
        await endpoint.close();
      },
    };
  });
});
