import { hash } from 'node:crypto';
import { join } from 'node:path';
import { LocalIssuer } from '@app/authentication';
import { fixedConfiguration } from '@app/configuration';
import { openPlatform, type Platform, setUpPlatform } from '@app/platform';
import { type AwsAccount, startAwsAccount } from './aws/aws-account.js';
import { testConfig } from './test.config.js';

declare global {
  /** For the environment of jest: see `aws/account-environment.mjs`. */
  var phiCloseTestAccount: (() => Promise<void>) | undefined;
}

export const testAudience = 'phi-api';

let account: Promise<AwsAccount> | undefined;
const stages = new Map<string, Promise<Record<string, string>>>();

/** The account of this suite, with nothing in it at first. */
export function testAccount(): Promise<AwsAccount> {
  account ??= startAwsAccount(testConfig.dynamoDb).then((started) => {
    globalThis.phiCloseTestAccount = () => started.close();
    // For the clients of this process.
    Object.assign(process.env, ofService(started));
    return started;
  });
  return account;
}

/** Of the issuer whose key is in the data folder: its own on the embedded platform, a development issuer on AWS. */
export function issuerOf(dataFolder: string): Promise<LocalIssuer> {
  return LocalIssuer.open(join(dataFolder, 'keys'), testAudience);
}

/**
 * What leads a service or a command to the data of a folder, on the platform under test. On AWS a folder stands for a stage: its
 * tables, keys and parameters are made when it is first asked for, and who starts with the same folder finds them again.
 */
export function environmentOf(dataFolder: string): Promise<Record<string, string>> {
  const PHI_STAGE = `t${hash('sha256', dataFolder, 'hex').slice(0, 12)}`;
  if (testConfig.platform === 'embedded') return Promise.resolve({ PHI_DATA_DIR: dataFolder, PHI_STAGE });
  const known = stages.get(dataFolder);
  if (known !== undefined) return known;
  const deployed = deploy(dataFolder, PHI_STAGE);
  stages.set(dataFolder, deployed);
  return deployed;
}

/** Suites with Bedrock or CloudTrail bring their own, on any platform. */
function ofService({ environment }: AwsAccount): Record<string, string> {
  const {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: _bedrock,
    AWS_ENDPOINT_URL_CLOUDTRAIL: _cloudTrail,
    ...others
  } = environment;
  return others;
}

async function deploy(dataFolder: string, PHI_STAGE: string): Promise<Record<string, string>> {
  const account = await testAccount();
  const variables = {
    PHI_PLATFORM: 'aws',
    PHI_STAGE,
    PHI_KEY_STORE_BACKUP_DAYS: '1',
    PHI_DATA_DIR: dataFolder,
  };
  const { config } = await fixedConfiguration(variables);
  const { jwks } = await issuerOf(dataFolder);
  await setUpPlatform(config, {
    checkOnly: false,
    newKmsKey: false,
    issuer: { issuer: LocalIssuer.issuer, jwks: JSON.stringify(jwks) },
    onStep: () => undefined,
  });
  return { ...ofService(account), ...variables };
}

/** Opens the ports on the data of a folder, past the service, and closes them again. */
export async function pastService<T>(
  dataFolder: string,
  look: (platform: Platform) => Promise<T>,
): Promise<T> {
  const { config } = await fixedConfiguration(await environmentOf(dataFolder));
  const platform = await openPlatform(config);
  try {
    return await look(platform);
  } finally {
    await platform.close();
  }
}
