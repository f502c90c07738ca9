/** Injection token of the service's log. */
export const LOG = Symbol('log');
