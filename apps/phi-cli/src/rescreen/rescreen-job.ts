import type { PhiConfig } from '@app/configuration';
import { PiiScreener, readScreeningPolicies, ScreeningPolicyError } from '@app/pii-screening';
import type { Platform } from '@app/platform';
import { type CommandContext, CouldNotRun, type ExitCode } from '../command-context.js';
import { performJob } from '../maintenance/jobs.js';
import type { KeyOptions } from '../maintenance/job-options.js';

export interface RescreenOptions extends KeyOptions {
  readonly all?: boolean;
  readonly patient?: string;
}

/** Screens stored documents again; the report is that of the key jobs. */
export async function rescreen(
  { all = false, patient, ...options }: RescreenOptions,
  context: CommandContext,
): Promise<ExitCode> {
  return performJob(options, context, async ({ platform, config, rescreening, run }) => {
    // The local detector alone has read these texts already: it would only take their marks away.
    if (!all && !platform.usesBedrock) {
      throw new CouldNotRun('Bedrock is not configured (PHI_BEDROCK_...); --all screens with what there is');
    }
    const scope = { every: all, ...(patient === undefined ? {} : { patientId: patient }) };
    return rescreening.perform(run, screenerOf(platform, config), scope);
  });
}

function screenerOf({ detector }: Platform, config: PhiConfig): PiiScreener {
  try {
    return new PiiScreener(detector, readScreeningPolicies(config.PHI_SCREENING_POLICIES)['stored-notes']);
  } catch (error) {
    if (error instanceof ScreeningPolicyError) throw new CouldNotRun(error.message);
    throw error;
  }
}
