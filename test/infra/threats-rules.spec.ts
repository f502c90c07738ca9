import { describe, expect, it } from '@jest/globals';
import { noticeOf } from '../../infra/compliance/threats/rules.js';
import { alertInput } from '../../apps/compliance-alerter/src/alert-input.js';
import { isCalls } from '../../infra/compliance/threats/threat.js';
import { taskRole } from './support/cloud-trail-records.js';
import { call, delivered, deployer, takes, thief, transformed, user } from './support/threat-events.js';
import { examples } from './support/threat-examples.js';
import { rules, threats } from './support/threat-stack.js';

const ruleNamed = (id: string) => {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
};

describe('each threat', () => {
  it('has an example of what it is, and of what it is not', () => {
    expect(Object.keys(examples).toSorted()).toEqual(threats.map(({ id }) => id).toSorted());
  });

  it.each(threats.map(({ id }) => id))('%s: its rule takes the one and not the other', (id) => {
    const [hit, miss] = examples[id]!;
    expect([takes(ruleNamed(id), hit), takes(ruleNamed(id), miss)]).toEqual([true, false]);
  });

  it('is not told by the name of an event alone: anybody may send one that says it is of AWS', () => {
    for (const { id } of threats) {
      const [hit] = examples[id]!;
      expect([id, takes(ruleNamed(id), { ...hit, source: 'custom.forged' })]).toEqual([id, false]);
    }
  });

  it('that only reads asks for reads, and would not be seen without', () => {
    for (const threat of threats.filter(({ reads }) => reads)) {
      const [hit] = examples[threat.id]!;
      const { readOnly, managementEvent } = hit.detail;
      const plain = { ...ruleNamed(threat.id), state: 'ENABLED' as const };
      // Data events reach both states.
      expect([threat.id, takes(plain, hit)]).toEqual([threat.id, !(readOnly && managementEvent)]);
    }
    const [assume] = examples['break-glass']!;
    expect(assume.detail).toMatchObject({ readOnly: true, managementEvent: true });
  });

  it('has words for people: what, how bad, by which paragraph, and what to do first', () => {
    for (const { id, title, first, paragraph } of threats) {
      expect([id, title]).toEqual([id, expect.stringMatching(/^[^<>"\\]{15,140}$/)]);
      expect([id, first.length > 15]).toEqual([id, true]);
      expect([id, paragraph]).toEqual([id, expect.stringMatching(/^164\.\d{3}(\([a-z0-9A-Z]+\))+$/)]);
    }
  });

  it('that is critical has a second path', () => {
    const critical = threats.filter(({ severity }) => severity === 'CRITICAL');
    expect(critical.filter(({ second }) => second === undefined).map(({ id }) => id)).toEqual([]);
    expect(critical.length).toBeGreaterThan(50);
  });
});

describe('what a deployment does as a matter of course', () => {
  const byDeployments = threats.filter((threat) => threat.byDeployments);

  it('is a notice when the deployment does it, and the threat when anybody else does: a role, a user without any', () => {
    expect(byDeployments.length).toBeGreaterThan(10);
    for (const { id, event } of byDeployments) {
      if (!isCalls(event)) throw new Error(`${id} is no call`);
      const [hit] = examples[id]!;
      const by = (who: Record<string, unknown>) => ({ ...hit, detail: { ...hit.detail, userIdentity: who } });
      const told = (who: Record<string, unknown>) =>
        rules
          .filter((rule) => rule.threat.id === id && takes(rule, by(who)))
          .map((rule) => `${rule.id} ${rule.severity}`);
      expect(told(deployer)).toEqual([`${id}-deployed INFO`]);
      for (const who of [thief, user, taskRole]) expect(told(who)).toEqual([`${id} CRITICAL`]);
    }
  });

  it('does not cover what takes protection away for good: that is critical whoever does it', () => {
    for (const [service, operation] of [
      ['kms', 'ScheduleKeyDeletion'],
      ['cloudtrail', 'StopLogging'],
      ['s3', 'DeleteBucketPolicy'],
      ['dynamodb', 'DeleteTable'],
      ['backup', 'DeleteRecoveryPoint'],
      ['config', 'StopConfigurationRecorder'],
    ] as const) {
      const event = delivered(
        call(service, operation, { bucketName: 'phi-dev-audit-archive-1' }, { who: deployer }),
      );
      const told = rules.filter((rule) => takes(rule, event)).map(({ severity }) => severity);
      expect([operation, told]).toEqual([operation, ['CRITICAL']]);
    }
  });
});

describe('a notice', () => {
  const parts = [
    ...['phiAlert', 'kind', 'id', 'severity', 'title', 'paragraph', 'eventId', 'time', 'account', 'region'],
    ...['eventName', 'eventSource', 'principal', 'sourceIp', 'resource', 'status', 'link'],
  ];

  it.each(rules.map(({ id }) => id))('of %s is JSON with the same parts, each of them text', (id) => {
    const rule = ruleNamed(id);
    const [hit] = examples[rule.threat.id]!;
    const notice = transformed(noticeOf(rule), hit);
    expect(Object.keys(notice)).toEqual(parts);
    const { phiAlert, ...texts } = notice;
    expect(phiAlert).toBe(1);
    for (const [name, text] of Object.entries(texts)) expect([name, typeof text]).toEqual([name, 'string']);
    expect(notice).toMatchObject({
      id,
      severity: rule.severity,
      kind: rule.threat.isFinding ? 'finding' : 'threat',
      account: '111122223333',
      time: '2026-11-03T10:00:00Z',
      region: 'us-east-1',
    });
    expect(notice['eventId']).not.toBe('');
    expect(notice['eventSource']).not.toBe('');
    expect(notice['link']).toMatch(/^https:\/\/us-east-1\.console\.aws\.amazon\.com\/[^<>\s]+$/);
  });

  it('is what the alerter takes, with nothing withheld', () => {
    for (const rule of rules) {
      const [hit] = examples[rule.threat.id]!;
      const told = alertInput(transformed(noticeOf(rule), hit));
      expect([rule.id, told]).toEqual([rule.id, expect.objectContaining({ id: rule.id, withheld: [] })]);
    }
  });

  it('stays JSON when nothing is where it is looked for', () => {
    for (const rule of rules) {
      const { detail: _, ...empty } = examples['key-destroyed']![0];
      const notice = transformed(noticeOf(rule), { ...empty, detail: {} });
      expect([rule.id, Object.keys(notice)]).toEqual([rule.id, parts]);
    }
  });

  it('holds named fields and never all that was asked for', () => {
    for (const rule of rules) {
      const { inputPathsMap, inputTemplate } = noticeOf(rule);
      for (const path of Object.values(inputPathsMap))
        expect([rule.id, path]).toEqual([
          rule.id,
          expect.stringMatching(/^\$\.(id|time|account|region|source|resources\[0\]|detail\.[\w.[\]-]+)$/),
        ]);
      const whole = /(requestParameters|responseElements|detail|classificationDetails|findings\[0\])$/;
      expect(Object.values(inputPathsMap).filter((path) => whole.test(path))).toEqual([]);
      // What is free text in a finding can hold a quotation mark, or a sample.
      expect(
        Object.values(inputPathsMap).filter(
          (path) => /title|description$|sample/i.test(path) && !path.includes('severity'),
        ),
      ).toEqual([]);
      expect(inputTemplate.length).toBeLessThan(8_192);
    }
  });

  it('of what Macie found has nothing of what it found', () => {
    const [hit] = examples['sensitive-data-found']!;
    const text = JSON.stringify(transformed(noticeOf(ruleNamed('sensitive-data-found')), hit));
    expect(text).not.toContain('SOCIAL_SECURITY');
    expect(text).toContain('SensitiveData:S3Object/Personal');
  });

  it('of an attempt that was refused says so', () => {
    const event = delivered(call('kms', 'DisableKey', null, { errorCode: 'AccessDenied' }));
    expect(transformed(noticeOf(ruleNamed('key-destroyed')), event)).toMatchObject({
      status: 'AccessDenied',
      eventName: 'DisableKey',
      principal: expect.stringContaining('assumed-role/old-ci-role'),
      sourceIp: '203.0.113.66',
      resource: '',
    });
  });
});
