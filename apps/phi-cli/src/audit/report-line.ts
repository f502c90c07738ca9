import { isObject } from './report-source.js';

/** One line of a report. Texts come from an answer: printable characters alone, so that none can steer a terminal. */
export interface ReportLine {
  date: string;
  who: string;
  what: string;
  /** Of which documents or which patient: type, id, and the version where it is known. */
  of: { type: string; id: string; version?: string }[];
  purpose: string;
  /** Why it is accounted for, or how it ended. */
  kind: string;
  eventId: string;
}

type Json = Record<string, unknown>;

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, '?').slice(0, 500) : '';

/** @param disclosure an item of `GET /v1/patients/{id}/disclosures` */
export function lineOfDisclosure(disclosure: Json): ReportLine {
  return {
    date: textOf(disclosure['date']),
    who: textOf(objectOf(disclosure['recipient'])['subject']),
    what: textOf(disclosure['description']),
    of: listOf(disclosure['documents']).map(({ type, id, version }) => ({
      type: textOf(type),
      id: textOf(id),
      ...(typeof version === 'number' ? { version: String(version) } : {}),
    })),
    purpose: textOf(objectOf(disclosure['purpose'])['display']) || 'not stated',
    kind: textOf(disclosure['category']),
    eventId: textOf(disclosure['eventId']),
  };
}

/** FHIR R4 AuditEvent.outcome in words. */
const outcomes: Readonly<Record<string, string>> = {
  '0': 'done',
  '4': 'refused',
  '8': 'serious failure',
  '12': 'major failure',
};

/** @param event a FHIR AuditEvent of `GET /v1/audit/events` @param who the agent that was asked for */
export function lineOfEvent(event: Json, who: string): ReportLine {
  const [purpose] = listOf(event['purposeOfEvent']).flatMap(({ coding }) => listOf(coding));
  const outcome = textOf(event['outcome']);
  const reason = textOf(event['outcomeDesc']);
  return {
    date: textOf(event['recorded']),
    who: textOf(who),
    what: textOf(listOf(event['subtype']).at(-1)?.['display']),
    of: referencesOf(event),
    purpose: textOf(purpose?.['display']) || 'not stated',
    kind: reason === '' ? (outcomes[outcome] ?? outcome) : `${outcomes[outcome] ?? outcome}: ${reason}`,
    eventId: textOf(event['id']),
  };
}

/** A patient who is named as such and as the document, with its version, is named once. */
function referencesOf(event: Json): ReportLine['of'] {
  const found = listOf(event['entity']).flatMap(({ what }) => {
    const [, type, id, version] =
      /^([A-Za-z]+)\/([^/]+)(?:\/_history\/(\d+))?$/.exec(textOf(objectOf(what)['reference'])) ?? [];
    if (type === undefined || id === undefined) return [];
    return [{ type, id, ...(version === undefined ? {} : { version }) }];
  });
  const withVersion = new Set(found.flatMap(({ id, version }) => (version === undefined ? [] : [id])));
  return found.filter(({ id, version }) => version !== undefined || !withVersion.has(id));
}
