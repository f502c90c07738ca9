import type { AuditAgent, StoredAuditEvent } from './audit-event.js';
import { type BalpInteraction, codeSystems, type Coding, identifierSystems } from './fhir-codes.js';

/** FHIR R4 Reference, to a resource or by identifier. */
export interface Reference {
  reference?: string;
  type?: string;
  identifier?: { system: string; value: string };
  display?: string;
}

export interface FhirAgent {
  type: { coding: Coding[] };
  who: Reference;
  requestor: boolean;
  policy?: string[];
  network?: { address: string; type: '1' | '2' };
  purposeOfUse?: { coding: Coding[] }[];
}

/** Roles of those who take part, by interaction. @see IHE BALP 1.1, agent[client], agent[server], agent[user] of each profile */
interface Roles {
  client: Coding;
  server: Coding;
  user: Coding;
}

const source: Coding = { system: codeSystems.dicom, code: '110153', display: 'Source Role ID' };
const destination: Coding = { system: codeSystems.dicom, code: '110152', display: 'Destination Role ID' };
const application: Coding = { system: codeSystems.dicom, code: '110150', display: 'Application' };
const recipient: Coding = {
  system: codeSystems.participation,
  code: 'IRCP',
  display: 'information recipient',
};
const author: Coding = { system: codeSystems.participation, code: 'AUT', display: 'author (originator)' };
const custodian: Coding = {
  system: codeSystems.provenanceParticipant,
  code: 'custodian',
  display: 'Custodian',
};

/** The data flows from the source to the destination, and so do the parameters of a query. */
const toClient: Roles = { client: destination, server: source, user: recipient };
const toServer: Roles = { client: source, server: destination, user: author };
const rolesOf: Readonly<Record<BalpInteraction, Roles>> = {
  Create: toServer,
  Read: toClient,
  Update: toServer,
  Delete: { client: application, server: custodian, user: author },
  Query: { ...toServer, user: recipient },
  'PrivacyDisclosure.Source': toClient,
};

/** @param chain `CHAIN#<instance>#<boot>` @returns the instance of the service that recorded the event */
export function serverOf(chain: string): Reference {
  const instance = chain.split('#')[1] ?? chain;
  return {
    type: 'Device',
    identifier: { system: identifierSystems.instance, value: instance },
    display: 'Healthcare Security Platform',
  };
}

/**
 * The client with the address it came from, the user where the token speaks for one, and we. A token of a client that speaks
 * for itself has its own name as its subject (RFC 9068, 2.2), and there is no user. Scopes are the policy that permitted it.
 */
export function agentsOf(
  { origin }: StoredAuditEvent,
  interaction: BalpInteraction | undefined,
  server: Reference,
  purpose: { coding: Coding[] } | undefined,
): FhirAgent[] {
  const roles = rolesOf[interaction ?? 'Create'];
  const { agent, networkAddress } = origin;
  const user = agent === undefined || agent.subject === agent.clientId ? undefined : agent;
  const details = {
    ...(agent === undefined || agent.scopes.length === 0 ? {} : { policy: [...agent.scopes] }),
    ...(purpose === undefined ? {} : { purposeOfUse: [purpose] }),
  };
  return [
    {
      type: { coding: [roles.client] },
      who: clientOf(agent),
      requestor: user === undefined,
      ...(user === undefined ? details : {}),
      ...(networkAddress === '' ? {} : { network: { address: networkAddress, type: '2' } }),
    },
    ...(user === undefined
      ? []
      : [
          {
            type: { coding: [roles.user] },
            who: { identifier: { system: user.issuer, value: user.subject } },
            requestor: true,
            ...details,
          },
        ]),
    serverAgent(server, roles.server),
  ];
}

/** @param server from `serverOf` @returns our own part */
export function serverAgent(server: Reference, role = destination): FhirAgent {
  const network = { address: server.identifier?.value ?? '', type: '1' } as const;
  return { type: { coding: [role] }, who: server, requestor: false, network };
}

function clientOf(agent: AuditAgent | undefined): Reference {
  if (agent === undefined) return { display: 'Not authenticated' };
  return { identifier: { system: agent.issuer, value: agent.clientId } };
}
