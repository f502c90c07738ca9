import { describe, expect, it } from '@jest/globals';
import { readAnswer } from './service-answer.js';

const answerTo = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readAnswer(
    { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
    0,
  );

describe('answer of the service', () => {
  it('is read down to status, problem name, places and findings', () => {
    const findings = [{ type: 'US_SOCIAL_SECURITY_NUMBER', count: 2, pointer: '/content/note/0/text' }];
    expect(answerTo(422, { type: '/problems/identifier-in-text', status: 422, findings })).toEqual({
      status: 422,
      problem: 'identifier-in-text',
      pointers: [],
      findings,
    });
    expect(
      answerTo(400, {
        type: '/problems/validation-failed',
        errors: [{ pointer: '/name/0/family', detail: 'a string' }],
      }),
    ).toMatchObject({ status: 400, problem: 'validation-failed', pointers: ['/name/0/family'] });
  });

  it('tells what screening replaced, and nothing where it replaced nothing', () => {
    const findings = [{ type: 'PHONE', count: 1, pointer: '/content/note' }];
    expect(answerTo(201, { screening: { outcome: 'anonymized', findings } }).findings).toEqual(findings);
    expect(answerTo(201, { screening: { outcome: 'clean', findings: [] } }).findings).toEqual([]);
    expect(answerTo(201, { content: { outcome: 'anonymized', findings } }).findings).toEqual([]);
  });

  it('repeats nothing that was sent, whatever answers', () => {
    const name = 'Ottilie Quast';
    const answer = answerTo(400, {
      type: `/problems/${name}`,
      title: name,
      detail: name,
      errors: [{ pointer: `/content/${name}/family`, detail: name }, { pointer: 7 }, name],
      findings: [{ type: name, count: name, pointer: `${name}/x` }],
    });
    expect(answer).toEqual({
      status: 400,
      pointers: ['/content/*/family', '(unknown place)', '(unknown place)'],
      findings: [{ type: 'UNKNOWN', count: 1, pointer: '*/x' }],
    });
  });

  it('is taken by its status alone where its body is no problem document', () => {
    expect(answerTo(502, '<html>Bad gateway</html>')).toEqual({ status: 502, pointers: [], findings: [] });
    expect(answerTo(500, '[]')).toEqual({ status: 500, pointers: [], findings: [] });
  });

  it.each([
    ['7', 7000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 5000],
    ['soon', undefined],
  ])('reads Retry-After: %s', (value, milliseconds) => {
    expect(answerTo(503, {}, { 'retry-after': value }).retryAfterMs).toBe(milliseconds);
  });
});
