import {
  type CloudTrailClient,
  GetTrailStatusCommand,
  type GetTrailStatusCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import { metricsLine } from '../metrics-line.js';

/** What can be wrong with a trail, in fixed words; AWS's own errors may hold names of things. */
export type TrailFault =
  | 'not logging'
  | 'files not delivered'
  | 'no file for an hour'
  | 'log stream not delivered'
  | 'no line for an hour'
  | 'digests not delivered'
  | 'status unknown';

interface HeartbeatProps {
  client: CloudTrailClient;
  trailName: string;
  namespace: string;
  log(line: string): void;
  now?: () => number;
}

/** CloudTrail delivers within some 15 minutes; the checks of this function alone are events enough for a file. */
const AN_HOUR_MS = 60 * 60 * 1000;

/**
 * @returns what is wrong with the delivery of a trail
 * @see AWS CloudTrail API Reference, "GetTrailStatus"
 */
export function trailFaults(status: Partial<GetTrailStatusCommandOutput>, now: number): TrailFault[] {
  const isLate = (time: Date | undefined) => time === undefined || now - time.getTime() > AN_HOUR_MS;
  const faults: [boolean, TrailFault][] = [
    [status.IsLogging !== true, 'not logging'],
    [isError(status.LatestDeliveryError), 'files not delivered'],
    [isLate(status.LatestDeliveryTime), 'no file for an hour'],
    [isError(status.LatestCloudWatchLogsDeliveryError), 'log stream not delivered'],
    [isLate(status.LatestCloudWatchLogsDeliveryTime), 'no line for an hour'],
    [isError(status.LatestDigestDeliveryError), 'digests not delivered'],
  ];
  return faults.flatMap(([holds, fault]) => (holds ? [fault] : []));
}

const isError = (text: string | undefined): boolean => text !== undefined && text !== '';

/**
 * Looks whether CloudTrail delivers, and writes two figures: how much is wrong, and that somebody looked. A question that is not answered
 * is a fault too (45 CFR 164.312(b), 164.308(a)(1)(ii)(D)).
 */
export function heartbeatHandler({ client, trailName, namespace, log, now = Date.now }: HeartbeatProps) {
  return async (): Promise<void> => {
    const faults = await look(client, trailName, now());
    log(metricsLine(namespace, { TrailFaults: faults.length, TrailChecks: 1 }, { faults }));
  };
}

async function look(client: CloudTrailClient, trailName: string, now: number): Promise<TrailFault[]> {
  try {
    return trailFaults(await client.send(new GetTrailStatusCommand({ Name: trailName })), now);
  } catch {
    return ['status unknown'];
  }
}
