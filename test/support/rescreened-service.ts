import type { StoredAuditEvent } from '@app/audit';
import type { MaintenanceJobReport } from '@app/patient-records';
import type { PhiTable } from '@app/phi-table';
import { BuiltCli, type CliRun } from '../../apps/phi-cli/test/built-cli.js';
import { readAuditRows } from './audit-rows.js';
import {
  type BedrockReply,
  type BedrockServer,
  entities,
  exception,
  intervened,
  nothingDetected,
  reported,
  startBedrockServer,
} from './bedrock-server.js';
import { bedrockVariables, isFrom, sdkEnvironment } from './bedrock-settings.js';
import { type AnswerBody, clientOf, type PhiClient, startListening, succeeded } from './phi-client.js';
import type { Service } from './service.js';

/** Words that no local rule knows: the guardrail sees an address in them. */
export const place = 'quillovarnex 14 lane';
/** The model sees a number in them that the policy blocks. */
export const number = 'vossimer drei neun';
/** What must be nowhere once it was found. */
export const words = /quillovarnex|vossimer/;

/** The service's guardrail, and the command's: the server knows by them who asks. */
const ofService = 'ofservice0';
const ofCommand = 'ofcommand0';

/** A service whose Bedrock is out of reach, and the command `phi rescreen`, for which it is not. */
export class RescreenedService {
  readonly #cli = new BuiltCli();
  /** What the guardrail answers to the service. */
  serviceMeets: () => BedrockReply = outOfReach;
  /** In place of what the guardrail answers to the command; `undefined` where that stays. */
  commandMeets: ((text: string) => BedrockReply | undefined) | undefined;
  /** Runs when the model has texts of the command's before it, once. */
  whileScreened: ((texts: string) => Promise<unknown>) | undefined;

  private constructor(
    readonly bedrock: BedrockServer,
    readonly service: Service,
    readonly client: PhiClient,
  ) {
    bedrock.guardrail = (text, request) => {
      if (isFrom(ofService, request)) return this.serviceMeets();
      const seen = text.includes(place) ? intervened(entities([place, 'ADDRESS'])) : nothingDetected();
      return this.commandMeets?.(text) ?? seen;
    };
    bedrock.model = async (text, request) => {
      if (isFrom(ofService, request)) return reported([]);
      const interrupt = this.whileScreened;
      this.whileScreened = undefined;
      await interrupt?.(text);
      return reported(text.includes(number) ? [[number, 'US_SOCIAL_SECURITY_NUMBER']] : []);
    };
  }

  static async start(): Promise<RescreenedService> {
    const bedrock = await startBedrockServer();
    Object.assign(process.env, sdkEnvironment(bedrock));
    const service = await startListening(bedrockVariables(ofService, 'local-only'));
    return new RescreenedService(bedrock, service, await clientOf(service));
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.bedrock.close();
    this.#cli.remove();
  }

  get table(): PhiTable {
    return this.service.platform.table;
  }

  /** @param kill called with a function that sends the process a signal */
  rescreen(
    args: string[] = [],
    onFailure: 'reject' | 'local-only' = 'reject',
    kill?: Parameters<BuiltCli['run']>[2],
  ): Promise<CliRun> {
    const variables = { ...bedrockVariables(ofCommand, onFailure), ...sdkEnvironment(this.bedrock) };
    return this.rescreenWith(variables, args, kill);
  }

  rescreenWith(
    variables: Record<string, string>,
    args: string[] = [],
    kill?: Parameters<BuiltCli['run']>[2],
  ): Promise<CliRun> {
    const environment = { ...this.service.environment, ...variables };
    return this.#cli.run(['rescreen', '--json', ...args], environment, kill);
  }

  async createPatient(body: object): Promise<string> {
    return (await succeeded(this.client.post('/v1/patients', body))).body.id;
  }

  /** @returns every version that the service answers, newest first */
  async versionsOf(path: string): Promise<AnswerBody[]> {
    return (await succeeded(this.client.get(`${path}/history`))).body.items;
  }

  async queuedPatients(): Promise<string[]> {
    const shards = Array.from({ length: 16 }, (_, shard) => `RESCREEN#${shard}`);
    const pages = await Promise.all(
      shards.map((partition) => this.table.query({ table: 'records', partition, limit: 100 })),
    );
    return pages.flatMap(({ items }) => items.map(({ sort }) => sort.slice('PATIENT#'.length)));
  }

  /** @returns what was rewritten of the patient, in order */
  async rescreenEvents(patientId: string): Promise<StoredAuditEvent[]> {
    const rows = await readAuditRows(this.table);
    rows.sort((a, b) => a.event.recordedAt.localeCompare(b.event.recordedAt) || a.sequence - b.sequence);
    const events = rows.map(({ event }) => event);
    return events.filter((event) => event.type === 'record-rescreen' && event.patientId === patientId);
  }
}

/** Refused at once: a failure that is tried again would take longer. */
function outOfReach(): BedrockReply {
  return exception(403, 'AccessDeniedException', `not for ${place}`);
}

export const reportOf = ({ stdout }: CliRun) => JSON.parse(stdout) as MaintenanceJobReport;
