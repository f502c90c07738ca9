import { renderings, type AuditAction, type AuditEventType, type AuditOutcome } from '@app/audit';
import { Choice, DayOrInstantText, Text, Whole } from '../http/dto-properties.js';
import { uuid } from '../http/input.js';
import { PageQueryDto } from '../http/page.dto.js';

const eventTypes = Object.keys(renderings);
const plainName = /^[\x21-\x7e]+$/;

/** What claims of tokens may look like: see the token verifier. */
const Claim = (about: string) =>
  Text({ about, max: 200, pattern: plainName, expects: 'printable characters without spaces' });

export class TimeRangeQueryDto extends PageQueryDto {
  @DayOrInstantText({
    about: 'Not before this instant, or this day in UTC.',
  })
  from?: string;
  @DayOrInstantText({
    about: 'Before this instant, or until the end of this day in UTC.',
  })
  to?: string;
}

export class AuditQueryDto extends TimeRangeQueryDto {
  @Text({
    about: 'Events that concern this patient.',
    max: 36,
    pattern: uuid,
    expects: 'a UUID in lower case',
  })
  patient?: string;
  @Claim('Events of this person or client: the `sub` of its tokens.')
  agent?: string;
  @Claim('Issuer of those tokens; the one of your own unless given. `phi-cli` for operators.')
  issuer?: string;
  @Choice(['C', 'R', 'U', 'D', 'E'], { about: 'FHIR action: create, read, update, delete, execute.' })
  action?: AuditAction;
  @Choice(eventTypes, { about: 'What happened, in our own words.' })
  type?: AuditEventType;
  @Choice(['0', '4', '8', '12'], {
    about: 'FHIR outcome: success, minor, serious, major failure.',
  })
  outcome?: AuditOutcome;
  @Text({
    about: 'Events of one request: the `X-Request-Id` of its answer.',
    max: 36,
    pattern: uuid,
    expects: 'a UUID in lower case',
  })
  requestId?: string;
}

export class CheckpointQueryDto extends PageQueryDto {
  @Whole({
    about: 'Number of the first checkpoint; 1 unless given.',
    from: 1,
    to: Number.MAX_SAFE_INTEGER,
    example: 1,
    fromText: true,
  })
  from?: number;
}

export class DisclosuresQueryDto extends TimeRangeQueryDto {
  @Choice(['access'], {
    about: '`access`: every access and change by anybody, with treatment, payment and operations.',
  })
  include?: 'access';
}
