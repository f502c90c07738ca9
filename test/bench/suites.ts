import { httpSuite } from './http/http.suite.js';
import type { Suite } from './suite.js';

/** In the order in which they run and are documented. */
export const suites: readonly Suite[] = [httpSuite];
