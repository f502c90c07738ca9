import type { FastifyRequest } from 'fastify';

/**
 * @returns whether the caller would rather have CSV than JSON (RFC 9110, 12.5.1): it must be named, and weigh no less. Whoever names
 *   neither gets JSON.
 */
export function prefersCsv(request: FastifyRequest): boolean {
  const accepted = (request.headers.accept ?? '').split(',').map(weightOf);
  const csv = accepted.findIndex(({ type }) => type === 'text/csv');
  const json = accepted.findIndex(({ type }) => type === 'application/json');
  const csvWeight = accepted[csv]?.weight ?? 0;
  const jsonWeight = accepted[json]?.weight ?? 0;
  return csvWeight > 0 && (csvWeight > jsonWeight || (csvWeight === jsonWeight && csv < json));
}

function weightOf(range: string): { type: string; weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return { type, weight: Number.isFinite(weight) ? weight : 0 };
}
