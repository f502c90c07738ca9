import { describe, expect, it } from '@jest/globals';
import { matchesFilter } from './filter-pattern.js';

/** After the example of the Amazon CloudWatch Logs User Guide, "Filter pattern syntax", JSON log event. */
const line = {
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  ThisFlag: true,
  OtherFlag: false,
};

describe('a metric filter', () => {
  it.each([
    ['{ $.eventType = "UpdateTrail" }', true],
    ['{ $.eventType = "updatetrail" }', false],
    ['{ $.eventType = "Update*" }', true],
    ['{ $.eventType = "*Trail" }', true],
    ['{ $.sourceIPAddress != "123.123.*" }', true],
    ['{ $.sourceIPAddress != "111.111.*" }', false],
    ['{ $.arrayKey[0] = "value" }', true],
    ['{ $.arrayKey[1] = "value" }', false],
    ['{ $.objectList[1].id = 2 }', true],
    ['{ $.objectList[1].id >= 3 }', false],
    ['{ $.SomeObject IS NULL }', true],
    ['{ $.SomeOtherObject NOT EXISTS }', true],
    ['{ $.SomeObject NOT EXISTS }', false],
    ['{ $.ThisFlag IS TRUE }', true],
    ['{ $.OtherFlag IS FALSE }', true],
    ['{ ($.objectList[0].id = 1) && ($.eventType = "UpdateTrail") }', true],
    ['{ ($.objectList[0].id = 2) && ($.eventType = "UpdateTrail") }', false],
    ['{ ($.eventType = "x") || (($.objectList[0].id = 1) && ($.ThisFlag IS TRUE)) }', true],
    ['{ $.eventType = "UpdateTrail" || $.eventType = "x" && $.ThisFlag IS FALSE }', true],
    // What is not there is not unequal either.
    ['{ $.SomeOtherObject != "x" }', false],
  ])('%s counts: %s', (pattern, counts) => expect(matchesFilter(pattern, line)).toBe(counts));

  it.each([
    ['$.eventType = "UpdateTrail"', 'braces'],
    ['{ $.eventType = UpdateTrail }', 'not understood'],
    ['{ ($.eventType = "x" }', 'not closed'],
    ['{ $.eventType = "x" $.eventType = "y" }', 'more than one'],
    // The second side is read even where the first decides.
    ['{ ($.eventType = "UpdateTrail") || ($.eventType ~ "x") }', 'not understood'],
    ['{ $.eventType >= "x" }', 'not of texts'],
  ])('is refused as %s', (pattern, why) => expect(() => matchesFilter(pattern, line)).toThrow(why));
});
