/** How AWS Config watches the account. */
export interface AccountConfigSettings {
  /**
   * `ours`: this deployment makes recorder and delivery channel, of which a region of an account has one. `existing`: another deployment, or
   * Control Tower, has made them; rules are added to it. `none`: there is none, and no rules either.
   */
  recorder: 'ours' | 'existing' | 'none';
  /** Global resources (IAM) are recorded in one region of an account. */
  recordsGlobalResources: boolean;
  /** The HIPAA pack: some 120 managed rules, paid by evaluation. */
  hipaaPack: boolean;
  /** How often the periodic rules look again that something is mended by. */
  periodicRules: 'One_Hour' | 'Three_Hours' | 'Six_Hours' | 'Twelve_Hours' | 'TwentyFour_Hours';
  /** Delivered histories and snapshots, in S3. */
  historyRetentionDays: number;
  /** What is shown together in this region; `undefined`: this region alone. */
  aggregator: AggregatorSettings | undefined;
}

export interface AggregatorSettings {
  /** `organization`: from its management account or a delegated administrator. */
  accounts: 'own' | 'organization' | readonly string[];
  regions: 'all' | readonly string[];
}

export const devAccountConfig: AccountConfigSettings = {
  recorder: 'ours',
  recordsGlobalResources: true,
  hipaaPack: true,
  periodicRules: 'TwentyFour_Hours',
  historyRetentionDays: 30,
  aggregator: undefined,
};

export const prodAccountConfig: AccountConfigSettings = {
  recorder: 'ours',
  recordsGlobalResources: true,
  hipaaPack: true,
  periodicRules: 'One_Hour',
  // 45 CFR 164.316(b)(2)(i): six years, with their leap days.
  historyRetentionDays: 2192,
  aggregator: { accounts: 'own', regions: 'all' },
};

/** @returns rules and what to say if one does not hold */
export function accountConfigRules(config: AccountConfigSettings, isProd: boolean): [boolean, string][] {
  const { aggregator, historyRetentionDays, hipaaPack, recorder } = config;
  const accounts = aggregator?.accounts;
  const regions = aggregator?.regions;
  return [
    [
      !isProd || recorder !== 'none',
      'accountConfig.recorder: ours or existing in prod (45 CFR 164.308(a)(1)(ii)(D))',
    ],
    [!hipaaPack || recorder !== 'none', 'accountConfig.hipaaPack: needs a recorder'],
    [!isProd || hipaaPack, 'accountConfig.hipaaPack: on in prod'],
    [
      Number.isInteger(historyRetentionDays) && historyRetentionDays >= 1 && historyRetentionDays <= 36500,
      'accountConfig.historyRetentionDays: 1 to 36500',
    ],
    [aggregator === undefined || recorder !== 'none', 'accountConfig.aggregator: needs a recorder'],
    [
      typeof accounts !== 'object' ||
        (accounts.length > 0 && accounts.every((account) => /^\d{12}$/.test(account))),
      'accountConfig.aggregator.accounts: own, organization, or numbers of accounts',
    ],
    [
      typeof regions !== 'object' ||
        (regions.length > 0 && regions.every((region) => /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region))),
      'accountConfig.aggregator.regions: all, or AWS regions',
    ],
  ];
}
