import { TestEnvironment } from 'jest-environment-node';

/**
 * Closes the account of a suite (`test/support/deployment.ts`) after everything else: a hook of jest's would run before those of
 * the suite, which stop the services.
 */
export default class AccountEnvironment extends TestEnvironment {
  async teardown() {
    await this.global.phiCloseTestAccount?.();
    await super.teardown();
  }
}
