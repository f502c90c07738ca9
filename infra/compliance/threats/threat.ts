import type { Names } from '../../lib/names.js';
import type { Condition } from './conditions.js';

export type Severity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'INFO';

/** Parts of the list of what has to be watched. */
export type Section =
  | 'kms'
  | 'cloudtrail'
  | 's3'
  | 'dynamodb'
  | 'backup'
  | 'config'
  | 'alerting'
  | 'security-services'
  | 'identity'
  | 'compute'
  | 'edge'
  | 'parameters'
  | 'bedrock'
  | 'volumes'
  | 'organizations'
  | 'self-monitoring';

/** Calls that CloudTrail records. */
export interface Calls {
  /** `kms` of `kms.amazonaws.com`; several where one deed has calls in several services. */
  services: readonly string[];
  /** Names of events, with `*` at the end where CloudTrail adds a version (`UpdateFunctionCode20150331v2`); empty: every one. */
  operations: readonly string[];
  /** All of them have to hold. */
  where?: readonly Condition[];
  /** How CloudTrail delivers it; a call of the API unless given. */
  detailTypes?: readonly string[];
}

/** An event that a service sends to EventBridge itself, as a pattern. */
export interface ServiceEvent {
  pattern: Record<string, unknown>;
  /** Where its parts are, by the notice's names. */
  paths: Partial<Record<NoticePart, string>>;
}

/** Parts of a notice that an event fills in. */
export type NoticePart =
  | 'eventId'
  | 'eventName'
  | 'eventSource'
  | 'principal'
  | 'sourceIp'
  | 'resource'
  | 'status'
  | 'link';

/**
 * The way by which it is told too if EventBridge does not deliver: CloudTrail's delivery to it is best effort.
 * - `filter`: a count of the trail's log stream, with an alarm; made of the same calls
 * - `alarm`: an alarm on something else (by the id in `alarms.ts`)
 * - `config`: a managed rule of AWS Config
 * - `query`: a saved query that runs every day
 */
export type SecondPath = { filter: string } | { alarm: string } | { config: string } | { query: string };

interface ThreatText {
  /** Kebab-case; rule names have 64 characters, `phi-<stage>-` takes 25 of them. */
  id: string;
  section: Section;
  /** What happened, in words for people; no quotation marks and angle brackets, which are the template's. */
  title: string;
  severity: Severity;
  /** Of 45 CFR. */
  paragraph: string;
  /** What an operator does first. */
  first: string;
}

/** Something that somebody has to be told about. */
export interface Threat extends ThreatText {
  event: Calls | ServiceEvent;
  /** What one of the services found that look for attacks themselves. */
  isFinding?: true;
  /**
   * Reads among management events, which a rule in the state ENABLED never sees. They are many: only with a condition on who, or on what.
   * @see Amazon EventBridge User Guide, "Receiving read-only management events from AWS services"
   */
  reads?: true;
  /** Where the event names the thing: a path below `detail`. */
  resource?: string;
  /** Required of the critical ones. */
  second?: SecondPath;
  /**
   * Deployments make this call as a matter of course. Theirs is a notice (INFO) under a rule of its own, `<id>-deployed`; anybody else's
   * is the threat.
   */
  byDeployments?: true;
}

/** Roles that patterns know by name. */
export interface KnownRoles {
  /** What CloudFormation runs as, with `*` for account and region. */
  deployers: readonly string[];
  /** What may push images. */
  pipelines: readonly string[];
  /** Taken in an emergency, and never else. */
  breakGlass: readonly string[];
}

/** What the catalogue is made for. */
export interface Watched {
  names: Names;
  roles: KnownRoles;
}

export const isCalls = (event: Calls | ServiceEvent): event is Calls => 'services' in event;

/** @returns threats of one section, with what they have in common */
export const ofSection = (section: Section, threats: Omit<Threat, 'section'>[]): Threat[] =>
  threats.map((threat) => ({ section, ...threat }));

/** Names in one string, as the list of what has to be watched has them. */
export const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
