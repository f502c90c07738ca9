import { describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { accountSettings } from '../../infra/lib/account-settings.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';

describe('settings', () => {
  it('of dev need nothing of the account', () => {
    expect(settingsOf('dev').stage).toBe('dev');
  });

  it('of prod need a domain, its certificate and an address for alarms, and say so all at once', () => {
    expect(() => settingsOf('prod')).toThrow(
      /domainName: required in prod[\s\S]*certificateArn: required in prod[\s\S]*alarmAddresses: at least one in prod/,
    );
    expect(settingsOf('prod', exampleAccount).retainsData).toBe(true);
  });

  it('refuse every wrong one by name, and none by its value', () => {
    let message = '';
    try {
      settingsOf('dev', {
        stage: 'Dev_1',
        region: 'mars',
        domainName: 'not a name',
        keyAdministratorRoleArns: ['SomeRole'],
        alarmAddresses: ['nobody'],
      });
    } catch (error) {
      message = String(error);
    }
    for (const name of ['stage', 'region', 'domainName', 'keyAdministratorRoleArns', 'alarmAddresses']) {
      expect(message).toContain(`- ${name}`);
    }
    for (const value of ['Dev_1', 'mars', 'not a name', 'SomeRole', 'nobody']) {
      expect(message).not.toContain(value);
    }
  });

  it('of dev cannot be deployed over prod, which would lose its protection', () => {
    expect(() => settingsOf('dev', { stage: 'prod' })).toThrow(/stage: one that begins with prod/);
    expect(settingsOf('prod', { ...exampleAccount, stage: 'prod-eu' }).stage).toBe('prod-eu');
  });

  it.each(['my-aws', 'cognito1'])('refuse the stage %s, of which Cognito makes no host name', (stage) => {
    expect(() => settingsOf('dev', { stage })).toThrow(/stage: without aws/);
  });

  it('refuse a certificate of another region', () => {
    expect(() => settingsOf('dev', { ...exampleAccount, region: 'eu-central-1' })).toThrow(
      /certificateArn: the ARN/,
    );
  });

  it('refuse an environment that there is not', () => {
    expect(() => settingsOf('staging')).toThrow(/dev or prod/);
  });

  it('take from the context what the account adds', () => {
    const { node } = new App({
      context: {
        stage: 'blue',
        alarmAddresses: 'a@example.org, b@example.org',
        keyAdministratorRoleArns: '',
      },
    });
    expect(accountSettings(node)).toEqual({
      stage: 'blue',
      alarmAddresses: ['a@example.org', 'b@example.org'],
      keyAdministratorRoleArns: [],
    });
    expect(accountSettings(new App().node)).toEqual({});
    expect(
      accountSettings(new App({ context: { example: 'true', domainName: 'x.example.org' } }).node),
    ).toEqual({
      ...exampleAccount,
      domainName: 'x.example.org',
    });
  });
});
