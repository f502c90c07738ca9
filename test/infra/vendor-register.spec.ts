import { describe, expect, it } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { VendorAlarms } from '../../infra/lib/constructs/compliance/vendor-alarms.js';
import { vendorRows } from '../../infra/lib/dashboards/vendors.js';
import { namesOf } from '../../infra/lib/names.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import {
  readVendors,
  type Vendor,
  vendorRegister,
  withoutAgreement,
} from '../../infra/lib/vendor-register.js';
import { evaluate } from '../../infra/pictures/metric-math.js';
import { emptyApp } from './support/compositions.js';

const transcription = `
  - id: transcription
    name: Example Transcription
    service: Turns dictation into notes
    phi: true
    baaSigned: 2026-03-01
    baaExpires: 2027-03-01
    reviewed: 2026-10-01
    contact: privacy officer
`;
const register = (entry: string) => vendorRegister(`vendors:${entry}`);
const changed = (name: string, value: string) =>
  register(transcription.replace(new RegExp(`${name}: .*`), `${name}: ${value}`));

// 45 CFR 164.308(b)(1), 164.308(b)(2): with whom there are assurances.
describe('the register of vendors', () => {
  it('is right as it is committed, and tells whose agreement is missing', () => {
    const vendors = readVendors();
    expect(vendors.map(({ id }) => id)).toContain('aws');
    expect(withoutAgreement(vendors)).toEqual(
      vendors.filter(({ phi, baaSigned }) => phi && baaSigned === null).map(({ id }) => id),
    );
  });

  it('takes one that is complete', () => {
    expect(register(transcription)).toMatchObject([
      { id: 'transcription', phi: true, baaExpires: '2027-03-01' },
    ]);
    expect(withoutAgreement(register(transcription))).toEqual([]);
    expect(withoutAgreement(changed('baaExpires', 'never'))).toEqual([]);
  });

  it.each([
    ['phi', '"maybe"', /vendors\/0\/phi/],
    ['baaSigned', 'soon', /vendors\/0\/baaSigned/],
    ['baaSigned', '2026-02-30', /baaSigned is no day/],
    ['baaExpires', '2026-01-01', /baaExpires comes after baaSigned/],
    ['baaSigned', 'null', /was signed once/],
    ['contact', 'jane@example.org', /vendors\/0\/contact/],
    ['id', 'Transcription', /vendors\/0\/id/],
    ['name', '""', /vendors\/0\/name/],
  ])('refuses %s: %s', (name, value, fault) => {
    expect(() => changed(name, value)).toThrow(fault);
  });

  it('refuses what it does not know, and two of one id', () => {
    expect(() => register(`${transcription}    colour: blue\n`)).toThrow(/additional properties/);
    expect(() => register(transcription.repeat(2))).toThrow(/there are two/);
    expect(() => vendorRegister('vendors: none')).toThrow(/must be array/);
  });
});

// 45 CFR 164.308(b)(3), 164.314(a)(1): no PHI to anybody before there is a written contract.
describe('a deployment', () => {
  const vendors = (change: Partial<Vendor>) =>
    register(transcription).map((vendor) => ({ ...vendor, ...change }));

  it('of prod is refused while an agreement is missing where PHI is', () => {
    const without = { ...exampleAccount, vendors: vendors({ baaSigned: null, baaExpires: null }) };
    expect(() => settingsOf('prod', without)).toThrow(/transcription: baaSigned and baaExpires are missing/);
    expect(settingsOf('prod', { ...exampleAccount, vendors: vendors({}) }).vendors).toHaveLength(1);
  });

  it('goes on without one where no PHI is', () => {
    const without = { baaSigned: null, baaExpires: null };
    expect(settingsOf('dev', { vendors: vendors(without) }).vendors).toHaveLength(1);
    const harmless = { ...exampleAccount, vendors: vendors({ ...without, phi: false }) };
    expect(settingsOf('prod', harmless).vendors).toHaveLength(1);
  });
});

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  Threshold: number;
  ComparisonOperator: string;
  TreatMissingData: string;
  AlarmActions: unknown[];
  OKActions: unknown[];
  Metrics: { Expression?: string; MetricStat?: { Metric: { MetricName: string } } }[];
}

describe('alarms on agreements', () => {
  const alarms = alarmsOf(register(transcription));
  const alarmsAt = (day: string) =>
    alarms
      .filter(({ Metrics, Threshold, ComparisonOperator }) => {
        expect(ComparisonOperator).toBe('LessThanOrEqualToThreshold');
        const expression = Metrics.find((one) => one.Expression !== undefined)?.Expression ?? '';
        const [left] = evaluate(expression, { clock: [undefined] }, [Date.parse(`${day}T12:00:00Z`) / 1000]);
        return left !== undefined && left <= Threshold;
      })
      .map(({ AlarmName }) => AlarmName.replace('phi-prod-vendor-transcription-', ''));

  it.each<[string, string[]]>([
    ['2026-11-30', []],
    ['2026-12-02', ['agreement-90-days']],
    ['2027-01-31', ['agreement-30-days', 'agreement-90-days']],
    ['2027-02-28', ['agreement-30-days', 'agreement-90-days']],
    ['2027-03-01', ['agreement-0-days', 'agreement-30-days', 'agreement-90-days']],
    ['2027-10-02', ['agreement-0-days', 'agreement-30-days', 'agreement-90-days', 'review-0-days']],
  ])('on %s are %j, even if the metric that carries the clock is silent', (day, expected) => {
    expect(alarmsAt(day).sort()).toEqual(expected);
  });

  it('tell whose agreement it is, what to do and which role is asked, both ways', () => {
    expect(alarms).toHaveLength(4);
    for (const alarm of alarms) {
      expect(alarm.AlarmDescription).toMatch(/Example Transcription.*privacy officer.*164\.308\(b\)\(3\)/);
      expect(alarm.TreatMissingData).toBe('breaching');
      expect([alarm.AlarmActions, alarm.OKActions]).toEqual([[expect.anything()], [expect.anything()]]);
    }
  });

  it('are none of a vendor without PHI, and of an agreement without an end', () => {
    expect(alarmsOf(changed('phi', 'false'))).toEqual([]);
    expect(alarmsOf(changed('baaExpires', 'never')).map(({ AlarmName }) => AlarmName)).toEqual([
      'phi-prod-vendor-transcription-review-0-days',
    ]);
  });

  it('have their figures on the dashboard, and no row without', () => {
    const names = namesOf('prod');
    expect(vendorRows(names, register(transcription))).toMatchObject([
      { widgets: [{ series: [{ label: expect.stringContaining('agreement ends') }, {}] }] },
    ]);
    expect(vendorRows(names, changed('phi', 'false'))).toEqual([]);
  });
});

function alarmsOf(vendors: readonly Vendor[]): AlarmProperties[] {
  const stack = new Stack(emptyApp(), 'Vendors');
  new VendorAlarms(stack, 'Alarms', { names: namesOf('prod'), vendors, topic: new Topic(stack, 'Topic') });
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties as AlarmProperties,
  );
}
