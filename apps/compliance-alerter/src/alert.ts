import { type DataClass, ruleFacts, severityOf } from '@app/compliance-score';
import { createHash } from 'node:crypto';
import type { ComplianceChange, ComplianceType, Notice, Severity } from './alert-input.js';
import { noticeLink, resourceLink, ruleLink } from './console-links.js';
import { actionsOnThreat, actionsOnViolation, type RequiredAction } from './required-actions.js';

/** What machines are told: the JSON of a message, version 1. Everything in it is an id, a fixed word, a time or a link. */
export interface Alert {
  version: 1;
  /** The same for a violation and its recovery. */
  alertId: string;
  kind: 'compliance' | Notice['kind'];
  status: 'open' | 'resolved';
  severity: Severity;
  title: string;
  /** Of 45 CFR. */
  paragraphs: readonly string[];
  account: string;
  region: string;
  /** When it was found, ISO 8601, UTC. */
  detectedAt: string;
  links: { name: string; url: string }[];
  actions: RequiredAction[];
  compliance?: {
    ruleName: string;
    resourceType: string;
    resourceId: string;
    dataClass: DataClass;
    previousStatus: ComplianceType | 'NONE';
    currentStatus: ComplianceType;
    annotation?: string;
    /** Of a recovery: how long it was not compliant. */
    openSeconds?: number;
  };
  event?: Partial<
    Pick<Notice, 'eventId' | 'eventName' | 'eventSource' | 'principal' | 'sourceIp' | 'resource' | 'status'>
  > & { id: string; withheld?: readonly string[] };
}

/** What an alert on a compliance change is made of. */
export interface ChangeFacts {
  change: ComplianceChange;
  /** When Config found the violation that is open, or was resolved. */
  openedAt: Date;
  dataClass: DataClass;
  /** What the names of our own rules begin with. */
  rulePrefix: string;
}

/** @returns the alert on a resource that breaks a rule */
export function violationAlert(facts: ChangeFacts): Alert {
  const { change, dataClass, rulePrefix } = facts;
  const { concern, paragraphs } = ruleFacts(change.ruleName, rulePrefix);
  const severity = severityOf(concern, dataClass, change.resourceType);
  return {
    ...ofChange(facts),
    status: 'open',
    severity,
    title: `${change.ruleName}: not compliant`,
    paragraphs,
    actions: actionsOnViolation(facts.openedAt, severity, concern, dataClass),
  };
}

/** @returns the notice that a resource keeps the rule again, or that there is nothing left that could break it */
export function recoveryAlert(facts: ChangeFacts): Alert {
  const { change, openedAt, rulePrefix } = facts;
  const { compliance, ...alert } = ofChange(facts);
  return {
    ...alert,
    status: 'resolved',
    severity: 'INFO',
    title: `${change.ruleName}: ${change.status === 'COMPLIANT' ? 'compliant again' : 'no longer applicable'}`,
    paragraphs: ruleFacts(change.ruleName, rulePrefix).paragraphs,
    actions: [],
    compliance: {
      ...compliance,
      openSeconds: Math.round((change.time.getTime() - openedAt.getTime()) / 1000),
    },
  };
}

/** @returns the alert on a threat, a finding, a canary or a remediation */
export function noticeAlert(notice: Notice): Alert {
  const { kind, id, severity, title, paragraph, account, region, time, withheld } = notice;
  const isForPeople = kind !== 'canary' && severity !== 'INFO';
  return {
    version: 1,
    alertId: digest(['notice', notice.eventId, id]),
    kind,
    status: 'open',
    severity,
    title,
    paragraphs: [paragraph],
    account,
    region,
    detectedAt: time.toISOString(),
    links: [{ name: 'Details', url: noticeLink(notice) }],
    actions: isForPeople ? actionsOnThreat(time, severity) : [],
    event: { id, ...detailOf(notice), ...(withheld.length > 0 && { withheld }) },
  };
}

function ofChange({ change, openedAt, dataClass }: ChangeFacts) {
  const { ruleName, resourceType, resourceId, account, region, annotation } = change;
  return {
    version: 1 as const,
    alertId: digest(['compliance', subjectOf(change), openedAt.toISOString()]),
    kind: 'compliance' as const,
    account,
    region,
    detectedAt: change.time.toISOString(),
    links: [
      { name: 'Resource', url: resourceLink(change) },
      { name: 'Rule', url: ruleLink(change) },
    ],
    compliance: {
      ruleName,
      resourceType,
      resourceId,
      dataClass,
      previousStatus: change.previousStatus ?? ('NONE' as const),
      currentStatus: change.status,
      ...(annotation !== undefined && { annotation }),
    },
  };
}

/** Built field by field: what is not named here is not passed on. */
function detailOf(notice: Notice): Omit<NonNullable<Alert['event']>, 'id' | 'withheld'> {
  const names = [
    'eventId',
    'eventName',
    'eventSource',
    'principal',
    'sourceIp',
    'resource',
    'status',
  ] as const;
  return Object.fromEntries(
    names.flatMap((name) => (notice[name] === undefined ? [] : [[name, notice[name]]])),
  );
}

/** @returns what an alert is about, as one key */
export function subjectOf(input: ComplianceChange | Notice): string {
  return input.type === 'compliance-change'
    ? digest([input.account, input.region, input.ruleName, input.resourceType, input.resourceId])
    : digest([
        input.account,
        input.region,
        input.kind,
        input.id,
        input.eventName ?? '',
        input.principal ?? '',
        input.resource ?? '',
        input.status ?? '',
      ]);
}

/** Not to hide anything: ids of any length become keys of one. */
const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
