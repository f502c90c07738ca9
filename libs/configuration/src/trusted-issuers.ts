/** An issuer of access tokens whose keys are found by OpenID Connect Discovery. */
export interface TrustedIssuerSettings {
  /** The `iss` claim, to the letter; an https address. */
  issuer: string;
  /** What `aud` must name, or, of an issuer whose access tokens have no audience (Cognito), the clients whose tokens are taken. */
  meantFor: { audience: string } | { clientIds: readonly string[] };
}

const issuersAtMost = 20;
const clientsAtMost = 50;
const audiencePattern = /^[A-Za-z0-9._:/-]{1,200}$/;
const clientPattern = /^[\x21-\x7e]{1,200}$/;

/**
 * @param text JSON: `[{"issuer": "https://...", "audience": "phi-api"}, {"issuer": "https://...", "clientIds": ["..."]}]`, or nothing
 * @returns the issuers, or `undefined` where the text is not that
 */
export function parseTrustedIssuers(text: string): readonly TrustedIssuerSettings[] | undefined {
  if (text === '') return [];
  try {
    const list = JSON.parse(text) as unknown;
    if (!Array.isArray(list) || list.length > issuersAtMost) return undefined;
    const issuers = list.map(trustedIssuer);
    const names = new Set(issuers.map((one) => one?.issuer));
    return issuers.every((one) => one !== undefined) && names.size === issuers.length ? issuers : undefined;
  } catch {
    return undefined;
  }
}

function trustedIssuer(value: unknown): TrustedIssuerSettings | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { issuer, audience, clientIds, ...others } = value as Record<string, unknown>;
  if (typeof issuer !== 'string' || !isIssuer(issuer) || Object.keys(others).length > 0) return undefined;
  if (clientIds === undefined)
    return matches(audience, audiencePattern) ? { issuer, meantFor: { audience } } : undefined;
  const isList = Array.isArray(clientIds) && clientIds.length > 0 && clientIds.length <= clientsAtMost;
  if (audience !== undefined || !isList || !clientIds.every((id) => matches(id, clientPattern)))
    return undefined;
  return { issuer, meantFor: { clientIds: clientIds as string[] } };
}

const matches = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && pattern.test(value);

/** OpenID Connect Discovery 1.0, 3: an https address without query or fragment; plain http on this machine alone. */
function isIssuer(text: string): boolean {
  return /^(https:\/\/[^\s?#@]{1,500}|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/[^\s?#]{0,200})?)$/.test(
    text,
  );
}
