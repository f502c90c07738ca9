import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { type Alert, noticeAlert, recoveryAlert, subjectOf, violationAlert } from './alert.js';
import type { Decision, Happening } from './alert-decision.js';
import { alertInput, type ComplianceChange, type Notice } from './alert-input.js';
import type { AlertLedger } from './alert-ledger.js';
import { alertMessage } from './alert-message.js';
import { InputRefused } from './input-text.js';
import { resourceDataClass } from './resource-data-class.js';

export interface ComplianceAlerterParts {
  ledger: AlertLedger;
  config: ConfigServiceClient;
  sns: SNSClient;
  topicArn: string;
  /** What the names of our own rules begin with. */
  ruleNamePrefix: string;
  log: AlerterLog;
}

/** What the function says of itself: fixed words, ids of ours and names of errors, nothing that came in. */
export interface AlerterLog {
  info(message: string, facts?: Record<string, string>): void;
  error(message: string, facts?: Record<string, string>): void;
}

const MINUTE_MS = 60_000;
/** A violation that Config reports again although it is open, is told again as a reminder. */
const VIOLATION_REPEATS_MS = 24 * 60 * MINUTE_MS;
/** The same thing done by the same one to the same resource. */
const NOTICE_REPEATS_MS = 15 * MINUTE_MS;

/**
 * Explains a compliance change or a notice to people and machines (45 CFR 164.308(a)(6)(ii)).
 * @returns the handler; it fails for whatever was not told, so that Lambda repeats it and hands it to the queue of undelivered alerts in the end
 */
export function complianceAlerter(parts: ComplianceAlerterParts) {
  return async (event: unknown): Promise<void> => {
    const input = refusable(event, parts.log);
    const happening = happeningOf(input);
    if (happening === undefined) return parts.log.info('nothing to tell');
    const decision = await parts.ledger.begin(happening);
    if (decision.outcome !== 'tell') {
      if (decision.outcome === 'untold') await parts.ledger.told(happening);
      return parts.log.info('not told', { because: decision.outcome });
    }
    try {
      await publish(parts, await alertOf(parts, input, decision));
    } catch (error) {
      await parts.ledger.release(happening);
      parts.log.error('not published', { error: error instanceof Error ? error.name : 'unknown error' });
      throw error;
    }
    await parts.ledger.told(happening);
  };
}

function refusable(event: unknown, log: AlerterLog): ComplianceChange | Notice {
  try {
    return alertInput(event);
  } catch (error) {
    if (error instanceof InputRefused) log.error('input refused', { place: error.place });
    throw error;
  }
}

/** @returns `undefined` for what says nothing: Config has no data yet, or a first evaluation found all well */
function happeningOf(input: ComplianceChange | Notice): Happening | undefined {
  const about = { eventId: input.eventId, subject: subjectOf(input), at: input.time.getTime() };
  if (input.type === 'notice') {
    // Each canary is a question of its own: the path has to answer every one.
    const repeatAfterMs = input.kind === 'canary' ? 0 : NOTICE_REPEATS_MS;
    return { ...about, change: 'once', repeatAfterMs };
  }
  switch (input.status) {
    case 'NON_COMPLIANT':
      return { ...about, change: 'opened', repeatAfterMs: VIOLATION_REPEATS_MS };
    case 'COMPLIANT':
    case 'NOT_APPLICABLE':
      return input.previousStatus === 'NON_COMPLIANT'
        ? { ...about, change: 'resolved', repeatAfterMs: 0 }
        : undefined;
    case 'INSUFFICIENT_DATA':
      return undefined;
  }
}

async function alertOf(
  { config, ruleNamePrefix, log }: ComplianceAlerterParts,
  input: ComplianceChange | Notice,
  { openedAt }: Extract<Decision, { openedAt: number }>,
): Promise<Alert> {
  if (input.type === 'notice') return noticeAlert(input);
  const dataClass = await resourceDataClass(config, input, (error) =>
    log.error('data class not known', { error }),
  );
  const about = { change: input, openedAt: new Date(openedAt), dataClass, rulePrefix: ruleNamePrefix };
  return input.status === 'NON_COMPLIANT' ? violationAlert(about) : recoveryAlert(about);
}

async function publish({ sns, topicArn, log }: ComplianceAlerterParts, alert: Alert): Promise<void> {
  const { subject, message, attributes } = alertMessage(alert);
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subject,
      Message: message,
      MessageStructure: 'json',
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
  log.info('told', {
    alertId: alert.alertId,
    kind: alert.kind,
    severity: alert.severity,
    status: alert.status,
  });
}
