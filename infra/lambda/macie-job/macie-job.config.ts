/** The one place of this function that reads the environment. */
export function macieJobConfig(): { account: string } {
  const { ACCOUNT_ID: account } = process.env;
  if (!/^\d{12}$/.test(account ?? '')) throw new Error('ACCOUNT_ID must be the twelve digits of the account');
  return { account: account ?? '' };
}
