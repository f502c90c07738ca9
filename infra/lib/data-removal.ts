import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from './settings.js';

/** @returns what happens to a resource that holds data when its stack goes */
export const dataRemoval = ({ retainsData }: Settings): RemovalPolicy =>
  retainsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
