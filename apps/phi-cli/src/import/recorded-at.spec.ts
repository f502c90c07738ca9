import { describe, expect, it } from '@jest/globals';
import { firstInstantOf, recordedAtOf } from './recorded-at.js';

describe('first instant of a FHIR date', () => {
  it.each([
    ['2019', '2019-01-01T00:00:00.000Z'],
    ['2019-05', '2019-05-01T00:00:00.000Z'],
    ['2019-05-17', '2019-05-17T00:00:00.000Z'],
    ['2019-05-17T23:30:00-05:00', '2019-05-18T04:30:00.000Z'],
    ['2019-05-17T00:30:00+02:00', '2019-05-16T22:30:00.000Z'],
    ['2019-05-17T00:30:00Z', '2019-05-17T00:30:00.000Z'],
    ['2019-05-17T00:30:00.5Z', '2019-05-17T00:30:00.500Z'],
    ['2019-05-17T00:30:00.123456789Z', '2019-05-17T00:30:00.123Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
  ])('%s is %s', (value, instant) => {
    expect(firstInstantOf(value)).toBe(instant);
  });

  it.each([
    ['a day that does not exist', '2019-02-30'],
    ['a leap day of another year', '2019-02-29'],
    ['a month that does not exist', '2019-13'],
    ['hour 24', '2019-05-17T24:00:00Z'],
    ['a time of day without an offset, which FHIR does not have', '2019-05-17T10:00:00'],
    ['minutes only', '2019-05-17T10:00Z'],
    ['an offset that does not exist', '2019-05-17T10:00:00+25:00'],
    ['an instant before year 0', '0000-01-01T00:00:00+10:00'],
    ['another notation', '17.05.2019'],
    ['text behind it', '2019-05-17 or so'],
    ['a number', 2019],
    ['nothing', undefined],
  ])('%s is none', (_, value) => {
    expect(firstInstantOf(value)).toBeUndefined();
  });
});

describe('recordedAt of a resource', () => {
  const early = '2011-01-01T00:00:00.000Z';

  it.each([
    ['Observation', { effectiveDateTime: '2011', issued: '2012' }],
    ['DiagnosticReport', { effectivePeriod: { start: '2011' }, issued: '2012' }],
    ['Encounter', { period: { start: '2011' } }],
    ['MedicationRequest', { authoredOn: '2011' }],
    ['Condition', { onsetDateTime: '2011', recordedDate: '2012' }],
    ['AllergyIntolerance', { recordedDate: '2011' }],
    ['Immunization', { occurrenceDateTime: '2011', recorded: '2012' }],
    ['Procedure', { performedDateTime: '2011' }],
    ['Procedure', { performedPeriod: { start: '2011' } }],
    ['ImagingStudy', { started: '2011' }],
    ['Claim', { billablePeriod: { start: '2011' }, created: '2012' }],
    ['ClaimResponse', { created: '2011' }],
    ['DocumentReference', { date: '2011' }],
    ['Condition', { assertedDate: '2011' }],
    ['Goal', { startDate: '2011', statusDate: '2012' }],
    ['Specimen', { collection: { collectedDateTime: '2011' }, receivedTime: '2012' }],
    ['QuestionnaireResponse', { authored: '2011' }],
    ['Provenance', { recorded: '2011' }],
    ['Organization', { meta: { lastUpdated: '2011-01-01T01:00:00+01:00' } }],
  ])("is the clinical time of the %s before any system's", (resourceType, dates) => {
    expect(recordedAtOf({ resourceType, meta: { lastUpdated: '2020-01-01T00:00:00Z' }, ...dates })).toBe(
      early,
    );
  });

  it('takes the next date where one is no valid one', () => {
    expect(recordedAtOf({ effectiveDateTime: 'yesterday', issued: '2011' })).toBe(early);
  });

  it('is left out where the resource says nothing', () => {
    expect(
      recordedAtOf({ resourceType: 'Patient', birthDate: '1961-07-14', period: 'then' }),
    ).toBeUndefined();
  });
});
