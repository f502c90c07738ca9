import { deserialize, serialize } from 'node:v8';
import { synthesize } from './compositions.js';
import type { Deployment } from './deployment-cache.js';

/** Answers the deployments of standard input with what they are synthesized to (deployment-cache.ts). */
const asked: Buffer[] = [];
for await (const chunk of process.stdin) asked.push(chunk as Buffer);
const deployments = deserialize(Buffer.concat(asked)) as Deployment[];
process.stdout.write(serialize(deployments.map(synthesize)));
