import { LocalIssuer } from '@app/authentication';
import type { PhiConfig } from '@app/configuration';
import { CouldNotRun } from '../command-context.js';

/** @returns the issuer whose key is in the folder, made at first use @throws CouldNotRun */
export async function openIssuer(folder: string, config: PhiConfig): Promise<LocalIssuer> {
  try {
    return await LocalIssuer.open(folder, config.PHI_TOKEN_AUDIENCE);
  } catch (error) {
    throw new CouldNotRun(`the issuer's key cannot be opened: ${(error as Error).message}`);
  }
}
