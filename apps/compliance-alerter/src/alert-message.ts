import type { Alert } from './alert.js';

/** A message for SNS: each protocol gets its own text. */
export interface AlertMessage {
  subject: string;
  /** JSON of `MessageStructure: json`. */
  message: string;
  /** What subscriptions filter by. */
  attributes: Record<'severity' | 'kind' | 'status', string>;
}

/** @see Amazon SNS API Reference, Publish: ASCII, less than 100 characters, no line break */
const SUBJECT_AT_MOST = 99;

/**
 * People get text by mail, machines JSON by everything else. Mail is not encrypted on its whole way, so it holds ids, the rule and links
 * alone: who did it, from where, and what the rule said is in the JSON and behind the links.
 * @see Amazon SNS Developer Guide, "Publishing Amazon SNS messages with message structure"
 */
export function alertMessage(alert: Alert): AlertMessage {
  const json = JSON.stringify(alert);
  const subject = subjectLine(alert);
  return {
    subject,
    message: JSON.stringify({ default: json, email: mailText(alert), 'email-json': json, sms: subject }),
    attributes: { severity: alert.severity, kind: alert.kind, status: alert.status },
  };
}

function subjectLine({ severity, status, title, account, region }: Alert): string {
  const head = status === 'resolved' ? 'RESOLVED' : severity;
  const line = `[${head}] ${title} (${account} ${region})`.replace(/[^\x20-\x7e]/g, '?');
  return line.length <= SUBJECT_AT_MOST ? line : `${line.slice(0, SUBJECT_AT_MOST - 3)}...`;
}

function mailText(alert: Alert): string {
  const { severity, title, paragraphs, account, region, detectedAt, links, actions, compliance, event } =
    alert;
  const facts: [string, string | undefined][] = [
    ['Severity', severity],
    ['Rule', compliance?.ruleName],
    ['Resource', compliance && `${compliance.resourceType} ${compliance.resourceId}`],
    ['Data', compliance && dataWords[compliance.dataClass]],
    ['Status', compliance && `${compliance.currentStatus} (before: ${compliance.previousStatus})`],
    ['Not compliant for', compliance?.openSeconds === undefined ? undefined : span(compliance.openSeconds)],
    ['Threat', event?.id],
    ['Event', event && [event.eventName, event.eventId].filter((one) => one !== undefined).join(' ')],
    ['Account', `${account}, ${region}`],
    ['Found', detectedAt],
    ['Concerns', `45 CFR ${paragraphs.join(', ')}`],
    ['Alert', alert.alertId],
  ];
  const lines = [
    title,
    '',
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(19)}${value}`])),
  ];
  if (actions.length > 0) {
    lines.push('', 'To do, times in UTC:');
    for (const [index, { what, until }] of actions.entries())
      lines.push(`${index + 1}. by ${minute(until)}  ${what}`);
  }
  lines.push('', ...links.map(({ name, url }) => `${name}: ${url}`), '');
  return lines.join('\n');
}

const dataWords: Record<NonNullable<Alert['compliance']>['dataClass'], string> = {
  PHI: 'PHI, by its tags',
  PII: 'personal data, by its tags',
  other: 'no PHI, by its tags',
  unclassified: 'no tag says what it holds',
  unknown: 'not known, taken for PHI',
};

const minute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

/** @returns `2 d 3 h 4 min` */
function span(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor((minutes % 1440) / 60), 'h'],
    [minutes % 60, 'min'],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return words.length === 0 ? 'less than a minute' : words.join(' ');
}
