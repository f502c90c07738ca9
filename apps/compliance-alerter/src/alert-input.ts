import { InputRefused, isObject, optionalText, requiredText, type TextShape } from './input-text.js';

export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'INFO'] as const;
export type Severity = (typeof severities)[number];

const noticeKinds = ['threat', 'finding', 'canary', 'remediation'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

const complianceTypes = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const;
export type ComplianceType = (typeof complianceTypes)[number];

/** Members that a notice may leave out. Of what they hold nothing passes that does not have their shape. */
const optionalShapes = {
  eventName: { pattern: /^[A-Za-z0-9_.:/!-]+$/, atMost: 128 },
  eventSource: { pattern: /^[A-Za-z0-9.-]+$/, atMost: 128 },
  // Names of sessions are AWS's `[\w+=,.@-]`. A service acts without an ARN; then it is absent.
  principal: { pattern: /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]+$/, atMost: 512 },
  // An address, or the service that called: `cloudformation.amazonaws.com`, `AWS Internal`.
  sourceIp: { pattern: /^[0-9A-Za-z.:/ -]+$/, atMost: 128 },
  resource: { pattern: /^[\w+=,.@:/#$*[\]() -]+$/, atMost: 1024 },
  status: { pattern: /^[A-Za-z0-9_ -]+$/, atMost: 64 },
  link: { pattern: /^https:\/\/([a-z0-9-]+\.)*console\.aws\.amazon\.com\/[\x21-\x7e]*$/, atMost: 1024 },
} as const satisfies Record<string, TextShape>;
type OptionalMember = keyof typeof optionalShapes;

/** What a rule's input transformer made of an event: threats, findings, canaries, remediations. */
export interface Notice extends Partial<Record<OptionalMember, string>> {
  type: 'notice';
  kind: NoticeKind;
  /** Of the threat, kebab-case: the same for every event that a rule matches. */
  id: string;
  severity: Severity;
  title: string;
  /** Of 45 CFR. */
  paragraph: string;
  eventId: string;
  time: Date;
  account: string;
  region: string;
  /** Optional members that came and did not have their shape: their values are left behind. */
  withheld: readonly OptionalMember[];
}

/** That the compliance of a resource with a rule of AWS Config changed. */
export interface ComplianceChange {
  type: 'compliance-change';
  eventId: string;
  account: string;
  region: string;
  ruleName: string;
  resourceType: string;
  resourceId: string;
  status: ComplianceType;
  /** Absent at the first evaluation. */
  previousStatus: ComplianceType | undefined;
  /** When Config recorded the result. */
  time: Date;
  /** Words of the rule, on one line. */
  annotation: string | undefined;
}

const NOTICE_VERSION = 1;
const eventId: TextShape = { pattern: /^[A-Za-z0-9][A-Za-z0-9:/._-]*$/, atMost: 256 };
const account: TextShape = { pattern: /^\d{12}$/, atMost: 12 };
const region: TextShape = { pattern: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, atMost: 32 };
/** Names that people choose, in any script, without what moves a cursor or hides. */
const visible = (atMost: number): TextShape => ({ pattern: /^[^\p{C}\p{Zl}\p{Zp}]+$/u, atMost });

/**
 * What the alerter takes: an event `Config Rules Compliance Change` as it is, or a notice that a rule's input transformer made. Nothing of
 * either is passed on that is not named here.
 * @throws InputRefused, which names the place and never the value
 * @see README.md, "What it takes"
 */
export function alertInput(event: unknown): Notice | ComplianceChange {
  if (!isObject(event)) throw new InputRefused('');
  if ('phiAlert' in event) return notice(event);
  if (event['source'] === 'aws.config' && event['detail-type'] === 'Config Rules Compliance Change')
    return complianceChange(event);
  throw new InputRefused('/phiAlert');
}

function notice(event: Record<string, unknown>): Notice {
  if (event['phiAlert'] !== NOTICE_VERSION) throw new InputRefused('/phiAlert');
  const text = (name: string, shape: TextShape) => requiredText(event[name], `/${name}`, shape);
  const optional = Object.entries(optionalShapes).map(
    ([name, shape]) => [name as OptionalMember, optionalText(event[name], `/${name}`, shape)] as const,
  );
  return {
    type: 'notice',
    kind: oneOf(noticeKinds, event['kind'], '/kind'),
    id: text('id', { pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/, atMost: 64 }),
    severity: oneOf(severities, event['severity'], '/severity'),
    title: text('title', { pattern: /^[\x20-\x7e]+$/, atMost: 160 }),
    paragraph: text('paragraph', { pattern: /^164\.\d{3}(\([a-zA-Z0-9]{1,4}\))*$/, atMost: 40 }),
    eventId: text('eventId', eventId),
    time: instant(event['time'], '/time'),
    account: text('account', account),
    region: text('region', region),
    ...Object.fromEntries(
      optional.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
    ),
    // An alert that could be kept back by a strange name would be a way around it: the name is kept back instead.
    withheld: optional.flatMap(([name, { isWithheld }]) => (isWithheld ? [name] : [])),
  };
}

/** @see AWS Config Developer Guide, "Monitoring AWS Config with Amazon EventBridge" */
function complianceChange(event: Record<string, unknown>): ComplianceChange {
  const detail = member(event, 'detail', '');
  const result = member(detail, 'newEvaluationResult', '/detail');
  const previous = detail['oldEvaluationResult'] ?? undefined;
  const text = (name: string, shape: TextShape) => requiredText(detail[name], `/detail/${name}`, shape);
  return {
    type: 'compliance-change',
    eventId: requiredText(event['id'], '/id', eventId),
    account: text('awsAccountId', account),
    region: text('awsRegion', region),
    ruleName: text('configRuleName', { pattern: /^[\x21-\x7e]+( [\x21-\x7e]+)*$/, atMost: 128 }),
    resourceType: text('resourceType', { pattern: /^[A-Za-z0-9]+(::[A-Za-z0-9]*){2,3}$/, atMost: 196 }),
    resourceId: text('resourceId', visible(768)),
    status: oneOf(complianceTypes, result['complianceType'], '/detail/newEvaluationResult/complianceType'),
    previousStatus:
      previous === undefined
        ? undefined
        : oneOf(
            complianceTypes,
            isObject(previous) ? previous['complianceType'] : previous,
            '/detail/oldEvaluationResult/complianceType',
          ),
    time: instant(result['resultRecordedTime'], '/detail/newEvaluationResult/resultRecordedTime'),
    annotation: annotation(result['annotation'], '/detail/newEvaluationResult/annotation'),
  };
}

function member(object: Record<string, unknown>, name: string, place: string): Record<string, unknown> {
  const value = object[name];
  if (!isObject(value)) throw new InputRefused(`${place}/${name}`);
  return value;
}

function oneOf<T extends string>(values: readonly T[], value: unknown, place: string): T {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new InputRefused(place);
  return found;
}

/** ISO 8601 in UTC, as AWS writes it in events. */
function instant(value: unknown, place: string): Date {
  const text = requiredText(value, place, {
    pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/,
    atMost: 30,
  });
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InputRefused(place);
  return time;
}

/** Rules of AWS write line breaks too. */
function annotation(value: unknown, place: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new InputRefused(place);
  const line = value
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, ANNOTATION_AT_MOST);
  return line === '' ? undefined : line;
}

/** @see AWS Config API Reference, EvaluationResult */
const ANNOTATION_AT_MOST = 256;
