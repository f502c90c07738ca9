import type { FhirAuditEvent } from '@app/audit';

/**
 * The constraints of IHE BALP 1.1.4, written out by hand from its profiles: an independent reading, against which what we render is held.
 * @see https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.PatientRead.html and its siblings
 */
interface Constraints {
  type: string;
  subtype: string[];
  action: string;
  client: string;
  server: string;
  user: string[];
}

const rest = 'rest';
/** Profiles by the last part of their name; a `Patient` in front adds `entity[patient]` 1..1. */
const profiles: Record<string, Constraints> = {
  Create: {
    type: rest,
    subtype: ['create'],
    action: 'C',
    client: '110153',
    server: '110152',
    user: ['AUT', 'INF', 'CST'],
  },
  Read: {
    type: rest,
    subtype: ['read', 'vread'],
    action: 'R',
    client: '110152',
    server: '110153',
    user: ['IRCP'],
  },
  Update: {
    type: rest,
    subtype: ['update', 'patch'],
    action: 'U',
    client: '110153',
    server: '110152',
    user: ['AUT', 'INF', 'CST'],
  },
  Delete: {
    type: rest,
    subtype: ['delete'],
    action: 'D',
    client: '110150',
    server: 'custodian',
    user: ['AUT', 'INF', 'CST'],
  },
  Query: { type: rest, subtype: ['search'], action: 'E', client: '110153', server: '110152', user: ['IRCP'] },
  // agent[recipient] stands where the others have the client, agent[source] where they have the server.
  'PrivacyDisclosure.Source': {
    type: '110106',
    subtype: ['disclose'],
    action: 'R',
    client: '110152',
    server: '110153',
    user: ['IRCP'],
  },
};

const base = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';

/** @returns constraints of the claimed profile that the event breaks; `no profile` if it claims none */
export function balpFaults(event: FhirAuditEvent): string[] {
  const [profile, ...more] = event.meta?.profile ?? [];
  if (profile === undefined || more.length > 0) return ['no profile'];
  if (!profile.startsWith(base)) return ['another profile'];
  const name = profile.slice(base.length);
  const ofPatient = name.startsWith('Patient') || name.startsWith('PrivacyDisclosure');
  const constraints = profiles[name.replace(/^Patient/, '')];
  if (constraints === undefined) return [`unknown profile ${name}`];
  return [
    ...eventFaults(event, constraints),
    ...agentFaults(event, constraints),
    ...entityFaults(event, name, ofPatient),
  ];
}

const fault = (broken: boolean, what: string) => (broken ? [what] : []);

function eventFaults(event: FhirAuditEvent, { type, subtype, action }: Constraints): string[] {
  const matching = event.subtype.filter(
    ({ code, system }) => subtype.includes(code) && !system.includes('phi.localhost'),
  );
  return [
    ...fault(event.type.code !== type, 'type'),
    ...fault(matching.length !== 1, 'subtype'),
    ...fault(event.action !== action, 'action'),
    ...fault(event.outcome !== '0', 'outcome'),
  ];
}

function agentFaults({ agent, source }: FhirAuditEvent, { client, server, user }: Constraints): string[] {
  const ofType = (codes: string[]) =>
    agent.filter(({ type }) => type.coding.some(({ code }) => codes.includes(code)));
  const [clients, servers, users] = [ofType([client]), ofType([server]), ofType(user)];
  return [
    ...fault(agent.length < 2, 'agent 2..'),
    ...fault(clients.length !== 1 || clients.some(({ network }) => network === undefined), 'agent[client]'),
    ...fault(servers.length !== 1 || servers.some(({ network }) => network === undefined), 'agent[server]'),
    ...fault(users.length > 1, 'agent[user] 0..1'),
    ...fault(
      users.some(({ requestor, network }) => !requestor || network !== undefined),
      'agent[user]',
    ),
    ...fault(
      agent.some(({ who }) => Object.keys(who).length === 0),
      'agent.who 1..1',
    ),
    // val-audit-source: the audit source is this agent too.
    ...fault(JSON.stringify(servers[0]?.who) !== JSON.stringify(source.observer), 'val-audit-source'),
  ];
}

function entityFaults({ entity = [] }: FhirAuditEvent, name: string, ofPatient: boolean): string[] {
  const ofType = (wanted: string) => entity.filter(({ type }) => type.code === wanted);
  const [patients, objects, requests] = [ofType('1'), ofType('2'), ofType('XrequestId')];
  const isQuery = name.endsWith('Query');
  return [
    ...fault(
      requests.length > 1 || requests.some(({ what }) => !what?.identifier?.value),
      'entity[transaction]',
    ),
    ...fault(ofPatient && patients.length !== 1, 'entity[patient] 1..1'),
    ...fault(
      patients.some(({ role, what }) => role?.code !== '1' || !what?.reference?.startsWith('Patient/')),
      'entity[patient]',
    ),
    ...fault(objects.length !== 1, isQuery ? 'entity[query] 1..1' : 'entity[data] 1..1'),
    ...fault(
      isQuery &&
        objects.some(({ role, query, what, detail }) => role?.code !== '24' || !query || what || detail),
      'entity[query]',
    ),
    // ValueSet RestObjectRoles: Domain Resource, Report, Job.
    ...fault(
      !isQuery && objects.some(({ role, what }) => !['3', '4', '20'].includes(role?.code ?? '') || !what),
      'entity[data]',
    ),
  ];
}
