export { openPlatform, openTrail } from './open-platform.js';
export type { Platform, TrailPorts } from './platform.js';
