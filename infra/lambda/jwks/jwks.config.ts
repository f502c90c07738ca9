/** The one place of this function that reads the environment. */
export function jwksConfig(): { issuer: string; parameterName: string; tags: Record<string, string> } {
  const { OIDC_ISSUER: issuer, PARAMETER_NAME: parameterName, PARAMETER_TAGS: tags = '{}' } = process.env;
  if (!issuer?.startsWith('https://')) throw new Error('OIDC_ISSUER must be an https address');
  if (!parameterName?.startsWith('/')) throw new Error('PARAMETER_NAME must be the path of a parameter');
  return { issuer, parameterName, tags: JSON.parse(tags) as Record<string, string> };
}
