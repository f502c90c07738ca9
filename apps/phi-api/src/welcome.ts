import { isLoopback, type PhiConfig } from '@app/configuration';
import { type Platform } from '@app/platform';

const hour = 60 * 60;

/**
 * What a developer needs to go on. A token is minted only where nobody else can reach the service.
 * @returns text for the terminal, or `undefined` where the service is no development machine's
 */
export async function welcome(
  address: string,
  config: PhiConfig,
  { localIssuer }: Platform,
): Promise<string | undefined> {
  if (localIssuer === undefined || !isLoopback(config.PHI_HOST)) return undefined;
  const token = await localIssuer.mint({
    subject: 'developer',
    scope: 'system/*.cruds user/AuditEvent.rs',
    expiresInSeconds: hour,
  });
  // Nobody vouches for the certificate that the service has made for itself.
  const curl = config.PHI_TLS === 'self-signed' ? 'curl -sk' : 'curl -s';
  return `
  Healthcare Security Platform is ready (embedded, data in ${config.PHI_DATA_DIR}).

  Swagger UI       ${address}/docs
  Token (1 hour)   ${token}

  Create a patient:

  ${curl} ${address}/v1/patients -H 'content-type: application/json' -H 'authorization: Bearer ${token}' -d '{"name":[{"family":"Rivera","given":["Ana"]}],"birthDate":"1984-05-17","notes":"Call her at 202-555-0143."}'

`;
}
