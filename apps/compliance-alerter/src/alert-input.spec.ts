import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { alertInput, type Notice } from './alert-input.js';
import { InputRefused } from './input-text.js';

interface Case {
  name: string;
  event: Record<string, unknown>;
  place: string;
  members: string[];
}
const fixture = (file: string) =>
  JSON.parse(readFileSync(`test/fixtures/config/${file}.json`, 'utf8')) as Record<
    'valid' | 'invalid' | 'withheld',
    Case[]
  >;
const changes = fixture('compliance-changes');
const notices = fixture('notices');

/** @returns why an event is refused */
function refusal(event: unknown): InputRefused {
  try {
    alertInput(event);
  } catch (error) {
    if (error instanceof InputRefused) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a compliance change', () => {
  it.each(changes.valid)('is taken: $name', ({ event }) => {
    const { detail } = event as { detail: { resourceId: string } };
    expect(alertInput(event)).toMatchObject({ type: 'compliance-change', resourceId: detail.resourceId });
  });

  it('is taken with what an alert says, and nothing else', () => {
    expect(alertInput(changes.valid[0]?.event)).toEqual({
      type: 'compliance-change',
      eventId: '3f6cbd8d-2a4e-6ee7-0c3c-2f9c53b0d1a1',
      account: '111122223333',
      region: 'us-east-1',
      ruleName: 'phi-dev-phi-encryption',
      resourceType: 'AWS::EC2::Volume',
      resourceId: 'vol-0f0b1ec8ced432a26',
      status: 'NON_COMPLIANT',
      previousStatus: 'COMPLIANT',
      time: new Date('2026-11-03T09:16:02.405Z'),
      annotation: 'Holds PHI (its tag DataClassification); is not encrypted',
    });
  });

  it('has its annotation on one line', () => {
    expect(alertInput(changes.valid[5]?.event)).toMatchObject({
      annotation: 'Tag costcenter is not present.',
    });
  });

  it.each(changes.invalid)('is refused: $name', ({ event, place }) => {
    expect(refusal(event).place).toBe(place);
  });
});

describe('a notice', () => {
  it.each(notices.valid)('is taken: $name', ({ event }) => {
    expect(alertInput(event)).toMatchObject({ type: 'notice', id: event['id'], withheld: [] });
  });

  it('leaves behind what is not agreed upon', () => {
    const notice = alertInput({ ...notices.valid[0]?.event, requestParameters: { patient: 'x' } });
    expect(notice).not.toHaveProperty('requestParameters');
  });

  it('has absent what came empty', () => {
    expect(alertInput(notices.valid[3]?.event)).not.toHaveProperty('principal');
  });

  it.each(notices.withheld)('is taken without its strange part: $name', ({ event, members }) => {
    const notice = alertInput(event) as Notice;
    expect(notice.withheld).toEqual(members);
    for (const member of members) expect(notice).not.toHaveProperty(member);
  });

  it.each(notices.invalid)('is refused: $name', ({ event, place }) => {
    expect(refusal(event).place).toBe(place);
  });
});

describe('anything else', () => {
  it.each([undefined, null, 'text', 7, [], {}, { detail: {} }, { Records: [{ Sns: {} }] }])(
    'is refused: %j',
    (event) => {
      expect(refusal(event).place).toMatch(/^(|\/phiAlert)$/);
    },
  );

  it('is refused without a word of it', () => {
    for (const { event } of [...changes.invalid, ...notices.invalid]) {
      const { message, place } = refusal(event);
      const values = JSON.stringify(event).match(/"[^"]{12,}"(?!:)/g) ?? [];
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(`${message} ${place}`).not.toContain(value.slice(1, -1));
    }
  });
});
