import { describe, expect, it } from '@jest/globals';
import { matchesPattern } from './event-pattern.js';

/**
 * After the examples of the Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns", "Comparison operators for use in event
 * patterns", "Matching on null values and empty strings", "Arrays in EventBridge event patterns".
 */
const terminated = {
  version: '0',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '111122223333',
  time: '2017-12-22T18:43:48Z',
  region: 'us-west-1',
  resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0'],
  detail: { 'instance-id': 'i-1234567890abcdef0', state: 'terminated' },
};

type Case = [name: string, pattern: Record<string, unknown>, hit: unknown, miss: unknown];

const cases: Case[] = [
  [
    'all fields of a pattern',
    {
      source: ['aws.ec2'],
      'detail-type': ['EC2 Instance State-change Notification'],
      detail: { state: ['terminated'] },
    },
    terminated,
    { ...terminated, detail: { ...terminated.detail, state: 'running' } },
  ],
  ['prefix', { time: [{ prefix: '2017-10-02' }] }, { time: '2017-10-02T18:43:48Z' }, { time: '2017-10-03' }],
  [
    'prefix without regard to case',
    { detail: { service: [{ prefix: { 'equals-ignore-case': 'EventB' } }] } },
    { detail: { service: 'EVENTBRIDGE' } },
    { detail: { service: 'cloudtrail' } },
  ],
  ['suffix', { FileName: [{ suffix: '.png' }] }, { FileName: 'a.png' }, { FileName: 'a.jpg' }],
  [
    'suffix without regard to case',
    { FileName: [{ suffix: { 'equals-ignore-case': '.png' } }] },
    { FileName: 'a.PNG' },
    { FileName: 'a.PNGS' },
  ],
  [
    'anything but a value',
    { detail: { state: [{ 'anything-but': 'initializing' }] } },
    { detail: { state: 'running' } },
    { detail: { state: 'initializing' } },
  ],
  [
    'anything but one of a list',
    { detail: { state: [{ 'anything-but': ['stopped', 'overloaded'] }] } },
    { detail: { state: 'running' } },
    { detail: { state: 'stopped' } },
  ],
  [
    'anything but one of some numbers',
    { detail: { 'x-limit': [{ 'anything-but': [100, 200, 300] }] } },
    { detail: { 'x-limit': 150 } },
    { detail: { 'x-limit': 200 } },
  ],
  [
    'anything but a beginning',
    { detail: { state: [{ 'anything-but': { prefix: 'init' } }] } },
    { detail: { state: 'running' } },
    { detail: { state: 'initializing' } },
  ],
  [
    'anything but an end',
    { detail: { FileName: [{ 'anything-but': { suffix: ['.txt', '.rtf'] } }] } },
    { detail: { FileName: '.png' } },
    { detail: { FileName: 'note.rtf' } },
  ],
  [
    'anything but a text without regard to case',
    { detail: { state: [{ 'anything-but': { 'equals-ignore-case': ['initializing', 'stopped'] } }] } },
    { detail: { state: 'running' } },
    { detail: { state: 'STOPPED' } },
  ],
  [
    'anything but what looks like',
    { detail: { FilePath: [{ 'anything-but': { wildcard: ['*/lib/*', '*/bin/*'] } }] } },
    { detail: { FilePath: '/src/main' } },
    { detail: { FilePath: '/usr/bin/env' } },
  ],
  [
    'anything but, which asks for a value',
    { detail: { state: [{ 'anything-but': 'initializing' }] } },
    { detail: { state: 'x' } },
    { detail: {} },
  ],
  [
    'numbers in a range, and an exact one',
    {
      detail: {
        'c-count': [{ numeric: ['>', 0, '<=', 5] }],
        'd-count': [{ numeric: ['<', 10] }],
        'x-limit': [{ numeric: ['=', 3.018e2] }],
      },
    },
    { detail: { 'c-count': 5, 'd-count': 9, 'x-limit': 301.8 } },
    { detail: { 'c-count': 6, 'd-count': 9, 'x-limit': 301.8 } },
  ],
  ['numbers, which a text is not', { n: [{ numeric: ['>=', 4] }] }, { n: 4 }, { n: '4' }],
  ['addresses', { ip: [{ cidr: '10.0.0.0/24' }] }, { ip: '10.0.0.255' }, { ip: '10.0.1.0' }],
  ['a field that is there', { detail: { state: [{ exists: true }] } }, terminated, { detail: {} }],
  [
    'a field that is not there',
    { detail: { 'c-count': [{ exists: false }] } },
    { detail: { state: 'pending' } },
    { detail: { 'c-count': 1 } },
  ],
  [
    'a field whose object is not there',
    { detail: { a: { b: [{ exists: false }] } } },
    { detail: { state: 'x' } },
    { detail: { a: { b: 'x' } } },
  ],
  [
    'a field beside others, which is a leaf: an object is no value',
    { detail: { state: [{ exists: false }] } },
    { detail: { state: { inner: 1 } } },
    { detail: { state: 'x' } },
  ],
  [
    'texts without regard to case',
    { 'detail-type': [{ 'equals-ignore-case': 'ec2 instance state-change notification' }] },
    terminated,
    { 'detail-type': 'EC2 Instance' },
  ],
  [
    'wildcards',
    { EventBusArn: [{ wildcard: 'arn:aws:events:us-east-1:*:event-bus/*' }] },
    { EventBusArn: 'arn:aws:events:us-east-1:111122223333:event-bus/default' },
    { EventBusArn: 'arn:aws:events:us-west-2:111122223333:event-bus/default' },
  ],
  ['an asterisk itself', { a: [{ wildcard: 'a\\**' }] }, { a: 'a*b' }, { a: 'ab' }],
  [
    'one of several fields',
    {
      detail: {
        $or: [{ 'c-count': [{ numeric: ['>', 0, '<=', 5] }] }, { 'd-count': [{ numeric: ['<', 10] }] }],
      },
    },
    { detail: { 'c-count': 7, 'd-count': 9 } },
    { detail: { 'c-count': 7, 'd-count': 10 } },
  ],
  [
    'one of several beside another field',
    { Source: ['aws.s3'], $or: [{ metricType: ['MetricType::A'] }, { namespace: ['AWS/EC2', 'AWS/ES'] }] },
    { Source: 'aws.s3', namespace: 'AWS/ES' },
    { Source: 'aws.ec2', namespace: 'AWS/ES' },
  ],
  [
    'lists that have an element in common',
    { resources: ['arn:a', 'arn:b'] },
    { resources: ['arn:c', 'arn:b'] },
    { resources: ['arn:c'] },
  ],
  [
    'objects in a list, one of which matches by itself',
    { detail: { findings: { Severity: ['HIGH'], State: ['NEW'] } } },
    {
      detail: {
        findings: [
          { Severity: 'LOW', State: 'NEW' },
          { Severity: 'HIGH', State: 'NEW' },
        ],
      },
    },
    {
      detail: {
        findings: [
          { Severity: 'LOW', State: 'NEW' },
          { Severity: 'HIGH', State: 'OLD' },
        ],
      },
    },
  ],
  ['nothing, which is not an empty text', { UserID: [null] }, { UserID: null }, { UserID: '' }],
  [
    'an empty text, which is not nothing',
    { eventVersion: [''] },
    { eventVersion: '' },
    { eventVersion: null },
  ],
  ['a number, which is no text', { n: [100] }, { n: 100 }, { n: '100' }],
  ['true and false', { encrypted: [false] }, { encrypted: false }, { encrypted: 'false' }],
];

describe('a pattern of EventBridge matches', () => {
  it.each(cases)('%s', (_, pattern, hit, miss) => {
    expect([matchesPattern(pattern, hit), matchesPattern(pattern, miss)]).toEqual([true, false]);
  });
});

describe('a pattern is refused', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['with a value that is no list', { source: 'aws.ec2' }, 'lists and objects'],
    ['with a comparison that is unknown', { source: [{ regex: 'aws' }] }, 'regex'],
    ['with two comparisons in one', { source: [{ prefix: 'a', suffix: 's' }] }, 'one comparison'],
    ['with two asterisks in a row', { source: [{ wildcard: 'a**' }] }, 'two asterisks'],
    ['with an empty list', { source: [] }, 'empty list'],
    ['with a number that is no pair', { n: [{ numeric: ['>'] }] }, 'pairs'],
  ])('%s', (_, pattern, why) => {
    expect(() => matchesPattern(pattern, { source: 'aws.ec2', n: 1 })).toThrow(why);
  });
});
