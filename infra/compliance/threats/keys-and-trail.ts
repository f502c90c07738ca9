import { ofSection, type Threat, type Watched, words } from './threat.js';
import { ROLE_NAME } from './conditions.js';

/** Keys: without them nothing can be read, and with another policy somebody else can. */
export const keyThreats = ({ names, roles }: Watched): Threat[] =>
  ofSection('kms', [
    {
      id: 'key-destroyed',
      title: 'A key was disabled, scheduled for deletion, or parted from its material',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(iv)',
      event: {
        services: ['kms'],
        operations: words(
          'DisableKey ScheduleKeyDeletion DeleteImportedKeyMaterial DisableKeyRotation DeleteCustomKeyStore',
        ),
      },
      resource: 'requestParameters.keyId',
      second: { filter: 'keys' },
      first:
        'Cancel the deletion (kms cancel-key-deletion, then enable-key) within its waiting period; then ask who did it.',
    },
    {
      id: 'key-moved',
      title: 'A key was replicated to another region, or its alias was removed',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(iv)',
      event: {
        services: ['kms'],
        operations: words('DeleteAlias ReplicateKey UpdatePrimaryRegion'),
      },
      resource: 'requestParameters.keyId',
      second: { filter: 'keys' },
      first:
        'Compare the keys and aliases of the account with the data stack; schedule the replica for deletion.',
    },
    {
      id: 'key-policy-changed',
      title: 'The policy of a key, or the key behind an alias, was changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(4)(ii)(C)',
      event: { services: ['kms'], operations: words('PutKeyPolicy UpdateAlias') },
      resource: 'requestParameters.keyId',
      byDeployments: true,
      second: { filter: 'keys' },
      first: 'Read the policy as it is now against the template, put the template back by a deployment.',
    },
    {
      id: 'key-granted',
      title: 'Somebody was granted the use of a key',
      severity: 'HIGH',
      paragraph: '164.308(a)(4)(ii)(B)',
      event: {
        services: ['kms'],
        operations: ['CreateGrant'],
        // What services ask for their own resources comes from these.
        where: [{ path: ROLE_NAME, unlike: [...roles.deployers, names.roles.backup] }],
      },
      resource: 'requestParameters.keyId',
      first: 'List the grants of the key (kms list-grants) and revoke what no change request explains.',
    },
    {
      id: 'key-restored',
      title: 'The deletion of a key was cancelled, or a key was enabled',
      severity: 'INFO',
      paragraph: '164.308(a)(1)(ii)(D)',
      event: { services: ['kms'], operations: words('CancelKeyDeletion EnableKey') },
      resource: 'requestParameters.keyId',
      first: 'See that the key is enabled: a cancelled deletion leaves it disabled.',
    },
  ]);

/** The trail: whoever wants to go unseen begins here. */
export const trailThreats = (_: Watched): Threat[] =>
  ofSection('cloudtrail', [
    {
      id: 'trail-stopped',
      title: 'A trail was stopped or removed',
      severity: 'CRITICAL',
      paragraph: '164.312(b)',
      event: { services: ['cloudtrail'], operations: words('StopLogging DeleteTrail RemoveTags') },
      resource: 'requestParameters.name',
      second: { filter: 'trail' },
      first:
        'Start the trail (cloudtrail start-logging); treat everything since as unseen and look at Event history.',
    },
    {
      id: 'trail-changed',
      title: 'What a trail records, or where it goes, was changed',
      severity: 'CRITICAL',
      paragraph: '164.312(b)',
      event: { services: ['cloudtrail'], operations: words('UpdateTrail PutEventSelectors') },
      resource: 'requestParameters.name',
      byDeployments: true,
      second: { filter: 'trail' },
      first: 'Compare the selectors (cloudtrail get-event-selectors) with the audit stack, deploy it again.',
    },
    {
      id: 'trail-insights-changed',
      title: 'What a trail finds unusual was changed',
      severity: 'HIGH',
      paragraph: '164.312(b)',
      event: { services: ['cloudtrail'], operations: ['PutInsightSelectors'] },
      resource: 'requestParameters.trailName',
      first: 'Ask who changed it, and why.',
    },
    {
      id: 'trail-created',
      title: 'Another trail was made',
      severity: 'INFO',
      paragraph: '164.308(a)(1)(ii)(D)',
      event: { services: ['cloudtrail'], operations: ['CreateTrail'] },
      resource: 'requestParameters.name',
      first: 'Look at the bucket that it writes to: a trail to a foreign bucket carries our calls away.',
    },
  ]);
