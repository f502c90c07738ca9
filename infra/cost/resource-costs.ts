import { complianceCosts } from './compliance-costs.js';
import type { PricedType } from './positions.js';
import { serviceCosts } from './service-costs.js';
import { stateCosts } from './state-costs.js';
import { threatCosts } from './threat-costs.js';
import { trailCosts } from './trail-costs.js';

/** What each type of resource is charged for, by CloudFormation's name. */
export const pricedResources: Record<string, PricedType> = {
  ...stateCosts,
  ...serviceCosts,
  ...trailCosts,
  ...threatCosts,
  ...complianceCosts,
};

/** @returns whether a type has a price */
export const isPriced = (type: string): boolean => Object.hasOwn(pricedResources, type);
