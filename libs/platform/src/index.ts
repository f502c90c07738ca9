export { openPlatform, openTrail } from './open-platform.js';
export type { Platform, TrailPorts } from './platform.js';
export { setUpPlatform } from './set-up-platform.js';
export { SetUpConflict, type SetUpStep } from './aws/setup/set-up-steps.js';
