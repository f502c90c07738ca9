import { invalidField, Problem, problemTypes } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Strong entity tags hold the version number (RFC 9110, 8.8.3). */
export const etagOf = (version: number) => `"${version}"`;

/**
 * @returns the version that the caller read, or `*` for any
 * @throws Problem `precondition-required` without the header (RFC 6585, 3): a lost update is worse than one more read
 */
export function ifMatch(request: FastifyRequest): number | '*' {
  const header = request.headers['if-match'];
  if (header === undefined) throw new Problem(problemTypes.preconditionRequired);
  if (header.trim() === '*') return '*';
  const match = /^"(\d{1,10})"$/.exec(header.trim());
  if (match === null) throw invalidField('header:If-Match', 'must be one ETag of this resource, such as "3"');
  return Number(match[1]);
}

/** @returns whether the request creates under an id of the client's: `If-None-Match: *` (RFC 9110, 13.1.2) */
export function createsOnly(request: FastifyRequest): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  if (header.trim() !== '*') throw invalidField('header:If-None-Match', 'must be * on a write');
  if (request.headers['if-match'] !== undefined)
    throw invalidField('header:If-Match', 'must not come with If-None-Match');
  return true;
}

/** @returns whether the caller already has this version: answer 304 without a body */
export function isNotModified(request: FastifyRequest, version: number): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etagOf(version));
}

/** Sets the validators of an answer; PHI is kept in no cache (OWASP ASVS 5, 14.3.2). */
export function answerHeaders(reply: FastifyReply, version: number): void {
  void reply.header('etag', etagOf(version));
}
