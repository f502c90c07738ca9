import { join } from 'node:path';
import { AnsweringProcess } from '../child-processes.js';
import type { SuiteContext } from '../suite.js';
import { type LoadFigures, runRound, startLoadGenerator, summarize, type Target } from './http-rounds.js';
import { type OperationName, operations, type StoredPatient } from './operations.js';
import type { PlainServerAnswer, PlainServerQuestion } from './plain-server.js';
import { ServiceProcess } from './service-process.js';
import { ServiceClient } from './stored-patients.js';

/** How long a load goes on. */
export interface Turns {
  rounds: number;
  seconds: number;
  plainSeconds: number;
}

/** What one load was for both. */
export interface Beside {
  service: LoadFigures;
  plain: LoadFigures;
}

/** Serial numbers that one job may use. */
const serialsPerJob = 10_000_000;
/** Patients of a load of several operations: so many ETags are read anew before it. */
const mixedPatients = 200;

/** The service with patients in it, the plain server that answers the same, and the process that puts load on both. */
export class ServiceUnderLoad {
  #nextSerial: number;
  readonly #generator = startLoadGenerator();

  private constructor(
    readonly service: ServiceProcess,
    private readonly token: string,
    private readonly client: ServiceClient,
    private readonly patients: readonly StoredPatient[],
    private readonly plainProcess: AnsweringProcess<PlainServerQuestion, PlainServerAnswer>,
    private readonly plain: Target,
    firstSerial: number,
  ) {
    this.#nextSerial = firstSerial;
  }

  /** @param name of the suite, for its folder and its progress @param patients how many are stored before */
  static start(context: SuiteContext, name: string, patients: number): Promise<ServiceUnderLoad> {
    context.progress(`${name}: storing patients`);
    const folder = join(context.folder, name);
    return ServiceUnderLoad.#start(
      context,
      folder,
      (client) => client.createPatients(patients),
      serialsPerJob,
    );
  }

  /**
   * @param folder with data that is there already
   * @param patients some of those that are stored there
   * @param firstSerial from here on nobody has the serial numbers
   */
  static startOn(
    context: SuiteContext,
    folder: string,
    patients: readonly StoredPatient[],
    firstSerial: number,
  ): Promise<ServiceUnderLoad> {
    return ServiceUnderLoad.#start(context, folder, () => Promise.resolve(patients), firstSerial);
  }

  static async #start(
    context: SuiteContext,
    folder: string,
    patientsOf: (client: ServiceClient) => Promise<readonly StoredPatient[]>,
    firstSerial: number,
  ): Promise<ServiceUnderLoad> {
    const service = await ServiceProcess.start({ build: context.build, folder });
    const plain = startPlainServer();
    try {
      const token = await service.mintToken();
      const client = new ServiceClient(service.url, token);
      const patients = await patientsOf(client);
      const answers = await client.sampleAnswers(patients[0] as StoredPatient, firstSerial);
      const { url } = await plain.ask({ answers });
      const target = { url, pid: plain.pid };
      return new ServiceUnderLoad(service, token, client, patients, plain, target, firstSerial + 1);
    } catch (error) {
      await Promise.all([service.stop(), plain.stop()]);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.service.stop(), this.#generator.stop(), this.plainProcess.stop()]);
  }

  /** Both, until their code is compiled. */
  async warmUp(operation: OperationName, seconds: number): Promise<void> {
    await this.#round(this.service, [operation], 16, seconds);
    await this.#round(this.plain, [operation], 16, seconds);
  }

  /**
   * The service and the plain server in turn.
   * @param mix of operations: each connection keeps to one of them
   */
  async inTurn(
    mix: readonly OperationName[],
    connections: number,
    { rounds, seconds, plainSeconds }: Turns,
  ): Promise<Beside> {
    const service = [];
    const plain = [];
    for (let round = 0; round < rounds; round++) {
      service.push(await this.#round(this.service, mix, connections, seconds));
      plain.push(await this.#round(this.plain, mix, connections, plainSeconds));
    }
    return { service: summarize(service), plain: summarize(plain) };
  }

  async #round(target: Target, mix: readonly OperationName[], connections: number, seconds: number) {
    const job = { token: this.token, operations: mix, connections, seconds };
    const patients = await this.#patientsFor(mix, connections);
    const firstSerial = this.#nextSerial;
    this.#nextSerial += serialsPerJob;
    return runRound(this.#generator, target, { ...job, patients, firstSerial });
  }

  /** Who follows an ETag needs that of now. */
  async #patientsFor(mix: readonly OperationName[], connections: number): Promise<readonly StoredPatient[]> {
    if (!mix.some((operation) => operations[operation].ownPatient)) return this.patients;
    const count = mix.length === 1 ? connections : Math.max(connections, mixedPatients);
    return this.client.refreshed(this.patients.slice(0, count));
  }
}

/** It listens once it is told what to answer. */
export const startPlainServer = () =>
  new AnsweringProcess<PlainServerQuestion, PlainServerAnswer>(
    new URL('plain-server.process.js', import.meta.url),
  );

/** @param what was measured, for the message */
export function failuresIn(what: string, { service, plain }: Beside): string[] {
  return Object.entries({ service, plain }).flatMap(([who, { failures }]) =>
    Object.entries(failures).map(([failure, count]) => `${what}, ${who}: ${failure}, ${count} times`),
  );
}
