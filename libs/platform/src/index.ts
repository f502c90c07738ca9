export { openPlatform, type Platform } from './platform.js';
