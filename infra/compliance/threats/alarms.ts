import type { Names } from '../../lib/names.js';
import type { Settings } from '../../lib/settings.js';
import { allOf, anyOf } from './conditions.js';
import { selfAlarms, serviceAlarms, tableAlarms } from './alarms-of-deployment.js';
import { found, type MetricAlarm, ofService, type WatchedMetric } from './metric-alarm.js';

const USES_OF_KEYS = ['Decrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncrypt'];

/** @returns the alarms on figures, and whether this deployment has what they look at */
export function metricAlarms(names: Names, settings: Settings): MetricAlarm[] {
  return [
    ...keyAlarms(),
    ...accessAlarms(names, settings),
    ...(settings.api.bedrock === undefined ? [] : screeningAlarms(names, settings)),
    ...tableAlarms(names, settings),
    ...serviceAlarms(names, settings),
    ...selfAlarms(names, settings),
  ];
}

const keyAlarms = (): MetricAlarm[] => [
  {
    id: 'key-refusals',
    row: 'M1',
    title: 'One caller was refused a key, or gave it the wrong ciphertext, three times in five minutes',
    severity: 'CRITICAL',
    source: {
      worstOf: {
        key: '$.userIdentity.arn',
        match: [
          { path: '$.eventSource', in: ['kms.amazonaws.com'] },
          { path: '$.eventName', in: USES_OF_KEYS },
          { path: '$.errorCode', startsWith: ['AccessDenied', 'InvalidCiphertext'] },
        ],
      },
    },
    threshold: 3,
    first: 'The saved query failed-decryptions says who and for which patient. End that session.',
  },
  {
    id: 'key-wrong-context',
    row: 'M1',
    title: 'A ciphertext was given to a key under another context than it was made under',
    severity: 'CRITICAL',
    source: {
      lines: {
        of: 'trail',
        pattern: allOf([
          '$.eventSource = "kms.amazonaws.com"',
          anyOf(USES_OF_KEYS.map((name) => `$.eventName = "${name}"`)),
          '$.errorCode = "InvalidCiphertextException"',
        ]),
      },
    },
    threshold: 1,
    first:
      'Somebody moved a wrapped key to another patient: saved query failed-decryptions, then phi audit verify.',
  },
];

const accessAlarms = (names: Names, settings: Settings): MetricAlarm[] => [
  {
    id: 'mass-read',
    row: 'M2',
    title: 'A caller reads of unusually many patients',
    severity: 'CRITICAL',
    source: { metric: ofService(settings, 'MassReads') },
    threshold: 1,
    first: 'phi audit report says what the caller saw. Withdraw his token if nobody explains it.',
  },
  {
    id: 'mass-read-found',
    row: 'M2',
    title: 'The daily query over the trail found mass reads',
    severity: 'CRITICAL',
    source: { metric: found(names, 'MassReadsFound') },
    threshold: 1,
    first: 'Open the answer of the saved query mass-reads of that day.',
  },
  {
    id: 'decrypt-without-event',
    row: 'M3',
    title: 'The daily query found uses of a patient key without an event in the trail',
    severity: 'CRITICAL',
    source: { metric: found(names, 'DecryptsWithoutEvent') },
    threshold: 1,
    first:
      'phi audit reconcile holds each call against an event; whoever decrypts past the service has its rights.',
  },
  {
    id: 'event-without-table-call',
    row: 'M3',
    title: 'The daily query found accesses in the trail that no table was asked for',
    severity: 'HIGH',
    source: { metric: found(names, 'EventsWithoutTableCall') },
    threshold: 1,
    first:
      'Either CloudTrail missed data events (look at the heartbeat), or events were made up: phi audit verify.',
  },
  {
    id: 'emergency-access',
    row: 'M4',
    title: 'Somebody broke the glass',
    severity: 'HIGH',
    source: { metric: ofService(settings, 'EmergencyAccesses') },
    threshold: 1,
    first: 'The privacy officer reviews it: reason, patient, what was read.',
  },
  {
    id: 'restricted-read',
    row: 'M4',
    title: 'Somebody was shown a restricted patient: somebody known, or a colleague',
    severity: 'MEDIUM',
    source: { metric: ofService(settings, 'RestrictedReads') },
    threshold: settings.compliance.restrictedReads,
    first:
      'Ask the trail who (phi audit report --patient ID --include access): his care team at work, or curiosity?',
  },
  {
    id: 'after-hours-access',
    row: 'M4',
    title: 'The daily query found people who read records outside of working hours',
    severity: 'MEDIUM',
    source: { metric: found(names, 'AfterHoursAccesses') },
    threshold: 1,
    first: 'Compare with the duty roster.',
  },
];

const screeningAlarms = (_: Names, settings: Settings): MetricAlarm[] => {
  const ofGuardrail = (name: string): WatchedMetric => ({
    namespace: 'AWS/Bedrock/Guardrails',
    name,
    dimensions: { Operation: 'ApplyGuardrail' },
    statistic: 'Sum',
  });
  return [
    {
      id: 'guardrail-interventions',
      row: 'M5',
      title: 'The guardrail intervened unusually often',
      severity: 'MEDIUM',
      source: { metric: ofGuardrail('InvocationsIntervened') },
      threshold: settings.compliance.guardrailInterventions,
      first: 'Find the client that sends identifiers in texts (ScreeningBlocked, ScreeningAnonymized).',
    },
    {
      id: 'guardrail-errors',
      row: 'M5',
      title: 'The guardrail answered with errors: texts are refused or marked to be screened again',
      severity: 'HIGH',
      source: {
        sumOf: [ofGuardrail('InvocationServerErrors'), ofGuardrail('InvocationClientErrors')],
      },
      threshold: 1,
      first: 'Look at its version and its permissions; phi rescreen when it answers again.',
    },
    {
      id: 'guardrail-failures',
      row: 'M5',
      title: 'The service could not ask the guardrail',
      severity: 'HIGH',
      source: { metric: ofService(settings, 'BedrockGuardrailFailures') },
      threshold: 1,
      first: 'The endpoint of Bedrock in the network, its quota, its permissions: in this order.',
    },
  ];
};
