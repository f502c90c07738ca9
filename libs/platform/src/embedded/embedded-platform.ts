import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalCheckpointSigner } from '@app/audit';
import { LocalIssuer, RevokedTokens, type TrustedIssuer } from '@app/authentication';
import { LocalParameterSource, type PhiConfig } from '@app/configuration';
import { IndexRoots, LmdbKeyStoreClient, LocalKmsClient, PatientKeyStore } from '@app/encryption';
import { LmdbPhiTable } from '@app/phi-table';
import { LocalPiiDetector, openBedrockDetector } from '@app/pii-screening';
import { cryptographyOf, trailOn } from '../assembly.js';
import { bedrockOf } from '../bedrock-settings.js';
import { issuerAtHand, issuerVerifier } from '../issuer-verifier.js';
import type { Platform, TrailPorts } from '../platform.js';

/** The logical name is bound into every branch key: it can never change. */
const keyStoreName = 'phi-key-store';

/**
 * One machine, no account: LMDB files, a root key file and a local issuer in the data folder.
 * Keys, key store and records are in folders of their own, so that a copy of the records alone is worthless.
 */
export async function openPorts(config: PhiConfig): Promise<Platform> {
  const detector = await openDetector(config);
  const { folder, keyFolder } = makeFolders(config);
  const kmsClient = LocalKmsClient.open(join(keyFolder, 'kms-root-key'));
  const parameters = new LocalParameterSource(join(folder, 'parameters'));
  const roots = await IndexRoots.open(parameters, config.PHI_PARAMETER_REFRESH_SECONDS);
  const { localIssuer, atHand } = await openIssuer(config, keyFolder, parameters);
  const keyStoreClient = LmdbKeyStoreClient.open(join(keyFolder, 'key-store.lmdb'));
  const keyStore = new PatientKeyStore({
    dynamoDbClient: keyStoreClient,
    kmsClient,
    kmsKeyArn: kmsClient.aliasArn,
    earlierKmsKeyArns: () => kmsClient.keyArns,
    kmsKeyLookupSeconds: config.PHI_PARAMETER_REFRESH_SECONDS,
    tableName: keyStoreName,
    logicalName: keyStoreName,
  });
  const trail = await openTrailPorts(config);
  const revokedTokens = new RevokedTokens(trail.table);
  return {
    ...trail,
    parameters,
    ...cryptographyOf(config, keyStore, roots),
    revokedTokens,
    tokenVerifier: issuerVerifier(config, atHand, revokedTokens),
    ...(localIssuer === undefined ? {} : { localIssuer }),
    detector,
    usesBedrock: bedrockOf(config) !== undefined,
    earlierKmsKeyArns: () => kmsClient.keyArns,
    keyServiceCalls: () => Object.values(kmsClient.calls).reduce((sum, count) => sum + count, 0),
    localKms: kmsClient,
    keyStoreCompaction: keyStoreClient.compaction,
    async close() {
      detector.close?.();
      await trail.close();
      await keyStoreClient.close();
    },
  };
}

export async function openTrailPorts(config: PhiConfig): Promise<TrailPorts> {
  const { folder, keyFolder } = makeFolders(config);
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const trail = trailOn(config, table, LocalCheckpointSigner.open(join(keyFolder, 'audit-checkpoint-key')));
  return {
    ...trail,
    async close() {
      await trail.audit.close();
      await table.close();
    },
  };
}

function makeFolders(config: PhiConfig) {
  const folder = resolve(config.PHI_DATA_DIR);
  const keyFolder = join(folder, 'keys');
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  return { folder, keyFolder };
}

/** Its own issuer, or the one that `PHI_OIDC_ISSUER` names, whose keys then are a file among the parameters. */
async function openIssuer(
  config: PhiConfig,
  keyFolder: string,
  parameters: LocalParameterSource,
): Promise<{ atHand: TrustedIssuer; localIssuer?: LocalIssuer }> {
  const { PHI_OIDC_ISSUER: issuer } = config;
  if (issuer !== undefined) {
    const jwks = await parameters.get('oidc-jwks');
    return { atHand: issuerAtHand(config, { issuer, jwks }, 'the file parameters/oidc-jwks') };
  }
  const localIssuer = await LocalIssuer.open(keyFolder, config.PHI_TOKEN_AUDIENCE);
  const own = { issuer: LocalIssuer.issuer, jwks: JSON.stringify(localIssuer.jwks) };
  return { localIssuer, atHand: issuerAtHand(config, own, 'the local issuer') };
}

/** The local detector, and behind it Bedrock where the configuration names a guardrail and a model, on any platform. */
async function openDetector(config: PhiConfig) {
  const local: LocalPiiDetector & { close?(): void } = new LocalPiiDetector();
  const bedrock = bedrockOf(config);
  if (bedrock === undefined) return local;
  return openBedrockDetector({ ...bedrock, onFailure: config.PHI_SCREENING_ON_FAILURE }, local);
}
