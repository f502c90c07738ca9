/**
 * What a line of the API's access log holds: the table that reads it has these columns. No path, only the route's pattern, and
 * nothing that a caller words himself, such as the user agent: it could hold PHI, or a quotation mark that breaks the line.
 * @see Amazon API Gateway Developer Guide, "Variables for access logging for API Gateway"
 */
export const accessLogFields = {
  requestId: '$context.requestId',
  requestTimeEpoch: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  httpMethod: '$context.httpMethod',
  resourcePath: '$context.resourcePath',
  status: '$context.status',
  responseType: '$context.error.responseType',
  wafStatus: '$context.waf.status',
  subject: '$context.authorizer.claims.sub',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
} as const;

/** @returns the format of the stage's access log: one JSON object a line, all values text, `-` for what is not known */
export const accessLogFormat = (): string => JSON.stringify(accessLogFields);
