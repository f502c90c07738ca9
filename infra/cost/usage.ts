import { assumptions } from './assumptions.js';
import { perRequest } from './operations.js';

export const HOURS_PER_MONTH = 730;
const KILOBYTES_PER_GIGABYTE = 1024 ** 2;

/** What is asked about. */
export interface Scenario {
  requestsPerMonth: number;
  patients: number;
  /** After how many months of this load: what is kept grows. */
  months: number;
  /** Hours of a month in which the api stack stands; 730 are all. */
  hours: number;
  /** People who sign in. */
  users: number;
}

/** How much of everything a month takes. */
export interface Usage extends Scenario {
  tables: Record<TableRole, { readUnits: number; writeUnits: number; gigabytes: number }>;
  kms: { requests: number; signatures: number };
  trail: { dataEvents: number; gigabytes: number };
  /** Text screening by Bedrock; nothing is called where the deployment has no guardrail. */
  screening: { textUnits: number; calls: number; inputTokens: number; outputTokens: number };
  logs: Record<LogRole, number>;
  archivedGigabytesPerMonth: number;
  archiverCalls: number;
  endpointGigabytes: number;
  answerGigabytes: number;
}

export type TableRole = 'records' | 'audit' | 'keyStore';
/** Gigabytes that reach a log group in a month. */
export type LogRole = 'service' | 'apiAccess' | 'firewall' | 'flows' | 'trail' | 'other';

/** @param tasks of the service that run @param hasBedrock whether screening asks Bedrock */
export function usageOf(scenario: Scenario, tasks: number, hasBedrock: boolean): Usage {
  const { requestsPerMonth: requests, patients, months, hours } = scenario;
  const of = (name: keyof typeof assumptions): number => assumptions[name].value;
  const gigabytes = (kilobytes: number) => kilobytes / KILOBYTES_PER_GIGABYTE;
  const runningHours = tasks * hours;
  const seals = runningHours * sealsPerHour(runningHours === 0 ? 0 : requests / runningHours);
  const cold = requests * of('coldShare');
  const screenedRequests = hasBedrock ? requests * perRequest('screeningCalls') : 0;
  const characters = hasBedrock ? requests * perRequest('screenedCharacters') : 0;
  const kmsRequests = requests * perRequest('kmsCalls') + cold + runningHours * of('parameterLookups');
  // A batch waits ten seconds for more.
  const archiverCalls = Math.min(requests, hours * 360);
  const dataEvents =
    requests * perRequest('dynamoDbCalls') + cold + seals + screenedRequests + 2 * archiverCalls;
  const managementEvents = kmsRequests + seals + screenedRequests + HOURS_PER_MONTH * of('accountEvents');
  return {
    ...scenario,
    tables: {
      records: {
        readUnits: requests * perRequest('readUnits'),
        writeUnits: requests * perRequest('recordsWriteUnits'),
        gigabytes: gigabytes(patients * of('documentsPerPatient') * of('recordKilobytes')),
      },
      audit: {
        readUnits: 0,
        writeUnits:
          requests * perRequest('auditWriteUnits') +
          seals * of('sealWriteUnits') +
          runningHours * of('leaseWrites'),
        gigabytes: gigabytes(requests * months * of('eventKilobytes')),
      },
      keyStore: {
        readUnits: cold,
        writeUnits: requests * perRequest('keyStoreWriteUnits'),
        gigabytes: gigabytes(patients * of('keyStoreKilobytes')),
      },
    },
    kms: { requests: kmsRequests, signatures: seals },
    trail: { dataEvents, gigabytes: gigabytes((dataEvents + managementEvents) * of('trailEventKilobytes')) },
    screening: {
      textUnits: characters / 1000 + screenedRequests / 2,
      calls: screenedRequests,
      inputTokens: screenedRequests * of('modelPromptTokens') + characters / 4,
      outputTokens: screenedRequests * of('modelAnswerTokens'),
    },
    logs: {
      service: gigabytes(requests * of('serviceLineKilobytes')),
      apiAccess: gigabytes(requests * of('accessLineKilobytes')),
      firewall: gigabytes(requests * of('firewallLineKilobytes')),
      flows: (hours * of('flowLogMegabytes')) / 1024,
      trail: gigabytes((dataEvents + managementEvents) * of('trailEventKilobytes')),
      other: gigabytes(archiverCalls * 0.2),
    },
    archivedGigabytesPerMonth: gigabytes(
      requests * of('archivedEventKilobytes') +
        ((dataEvents + managementEvents) * of('trailEventKilobytes')) / 8,
    ),
    archiverCalls,
    endpointGigabytes: gigabytes(
      kmsRequests * 4 + requests * of('serviceLineKilobytes') + screenedRequests * 12,
    ),
    answerGigabytes: gigabytes(requests * of('responseKilobytes')),
  };
}

/** A task seals when there is something new: of the intervals of an hour, those in which at least one request comes. */
function sealsPerHour(requestsPerTaskAndHour: number): number {
  const seconds = assumptions.sealSeconds.value;
  return (3600 / seconds) * (1 - Math.exp((-requestsPerTaskAndHour * seconds) / 3600));
}
