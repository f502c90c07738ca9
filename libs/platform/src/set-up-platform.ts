import type { PhiConfig } from '@app/configuration';
import type { SetUpOptions } from './aws/setup/set-up.js';
import type { SetUpStep } from './aws/setup/set-up-steps.js';
import { silenceNodeVersionWarning } from './aws-sdk.config.js';

/** As `setUpAws`, whose clients are loaded when they are used. */
export async function setUpPlatform(config: PhiConfig, options: SetUpOptions): Promise<readonly SetUpStep[]> {
  silenceNodeVersionWarning();
  const { setUpAws } = await import('./aws/setup/set-up.js');
  return setUpAws(config, options);
}
