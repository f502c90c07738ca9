import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { KMSClient } from '@aws-sdk/client-kms';
import { asObject, asText, type ConfigurationItem, configurationItem } from './configuration-item.js';
import { evaluationOf, report } from './evaluation-report.js';
import { KeyOwners } from './key-owner.js';
import { RecordedItems } from './recorded-items.js';
import { type Surroundings, type Verdict, verdictOn } from './verdict.js';
import { volumeSnapshots } from './volume-snapshots.js';

export interface PhiEncryptionRuleParts {
  config: ConfigServiceClient;
  kms: KMSClient;
  ec2: EC2Client;
  /** Counts and fixed words. */
  log: (message: string, facts: Record<string, string | number>) => void;
}

/** What Config invokes the rule with, as far as it is read. @see AWS Config Developer Guide, "Example Events for AWS Config Rules" */
export interface RuleInvocation {
  invokingEvent: string;
  resultToken: string;
  eventLeftScope?: boolean;
}

const leftScope: Verdict = {
  compliance: 'NOT_APPLICABLE',
  annotation: 'The resource left the scope of this rule',
};

/**
 * The custom rule `phi-encryption`: what holds PHI, by its tags, lies under a customer-managed key. It judges a changed resource at once, and
 * everything on schedule.
 */
export function phiEncryptionRule({ config, kms, ec2, log }: PhiEncryptionRuleParts) {
  return async ({ invokingEvent, resultToken, eventLeftScope }: RuleInvocation): Promise<void> => {
    const recorded = new RecordedItems(config);
    // For one evaluation: whose a key is does not change, but whether it is there does.
    const owners = new KeyOwners(kms);
    const surroundings: Surroundings = {
      inheritedTags: (item) => recorded.inheritedTags(item),
      keyOwner: (keyId, account) => owners.of(keyId, account),
    };
    const counts = { COMPLIANT: 0, NON_COMPLIANT: 0, NOT_APPLICABLE: 0 };
    const judge = async (items: readonly ConfigurationItem[]) => {
      const evaluations = [];
      for (const item of items) {
        const verdict = eventLeftScope === true ? leftScope : await verdictOn(item, surroundings);
        counts[verdict.compliance] += 1;
        evaluations.push(evaluationOf(item, verdict));
      }
      await report(config, evaluations, resultToken);
    };
    const event = asObject(JSON.parse(invokingEvent));
    const trigger = asText(event['messageType']) ?? '';
    switch (trigger) {
      case 'ConfigurationItemChangeNotification':
        await judge([configurationItem(event['configurationItem'])]);
        break;
      case 'OversizedConfigurationItemChangeNotification':
        await judge([await oversizedItem(recorded, event['configurationItemSummary'])]);
        break;
      case 'ScheduledNotification': {
        const at = new Date(asText(event['notificationCreationTime']) ?? Number.NaN);
        for await (const page of recorded.all()) await judge(page);
        for await (const page of volumeSnapshots(ec2, at)) await judge(page);
        break;
      }
      default:
        throw new Error('an invocation that this rule was not made for');
    }
    log('evaluated', { trigger, ...counts });
  };
}

/** An item too large for the event comes as a summary; the item itself is in the history, unless the resource is gone. */
async function oversizedItem(recorded: RecordedItems, value: unknown): Promise<ConfigurationItem> {
  const summary = configurationItem(value);
  if (/Deleted/.test(summary.status)) return summary;
  const item = await recorded.latest(summary.resourceType, summary.resourceId, summary.capturedAt);
  // Judged without what it holds it would pass as holding nothing.
  if (item === undefined) throw new Error('AWS Config has no item of an oversized change yet');
  return item;
}
