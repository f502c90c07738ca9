import type { AwsAccount } from './aws/aws-account.js';
import { testAccount } from './deployment.js';
import { type Faulted, markedValues } from './fault-round.js';
import { HttpClient } from './http-client.js';
import { startListening } from './phi-client.js';
import type { Service } from './service.js';
import { CliProcess } from './service-process.js';

/** The service on an account whose parts fail while they are told so. */
export interface FaultedAccount extends Faulted {
  account: AwsAccount;
  service: Service;
  /** @returns name of the alias of the deployment's key */
  alias(key: 'records' | 'signing'): string;
  /**
   * Stops the service.
   * @returns names of marked values that were logged or sent to the account, and what `phi audit verify` says
   */
  finish(): Promise<{ leaks: string[]; exitCode: number | null; findings: unknown[] }>;
}

export async function startFaultedAccount(variables: Record<string, string> = {}): Promise<FaultedAccount> {
  const account = await testAccount();
  const service = await startListening({ PHI_AWS_TIMEOUT_SECONDS: '1', ...variables });
  const client = new HttpClient(await service.app.getUrl());
  const subject = 'tester';
  return {
    account,
    service,
    client,
    subject,
    authorization: await service.bearer({ subject, expiresInSeconds: 3600 }),
    look: (look) => look(service.platform),
    cool: (patientId) => service.platform.cipher.evict(patientId),
    alias: (key) => `alias/phi-${service.environment['PHI_STAGE']}-${key}`,
    async finish() {
      client.close();
      await service.stop();
      const { environment } = service;
      const { code, output } = await new CliProcess(['audit', 'verify', '--json'], { ...environment }).ended;
      const { findings } = JSON.parse(output) as { findings: unknown[] };
      const { kms, ssm, dynamoDb } = account;
      const sent = [kms, ssm, dynamoDb].flatMap(({ endpoint }) => endpoint.calls);
      const leaks = [...markedValues.in(service.logged()), ...markedValues.in(JSON.stringify(sent))];
      return { leaks, exitCode: code, findings };
    },
  };
}
