import { type PriceName, prices } from './prices.js';
import type { PlacedResource } from './template.js';
import { HOURS_PER_MONTH, type Usage } from './usage.js';

/** What a position of the bill buys. */
export type Purpose =
  | 'Keys'
  | 'Tables'
  | 'Backups'
  | 'Private network'
  | 'Compute'
  | 'Gateway and firewall'
  | 'Text screening'
  | 'Trail and logs'
  | 'Alarms'
  | 'Threat detection'
  | 'Compliance'
  | 'Users';

/** A position of a resource: so much of something that has a price. */
export interface Position {
  purpose: Purpose;
  what: string;
  quantity: number;
  price: PriceName;
  /** Whether it follows the requests; the rest is paid for standing there and for what is kept. */
  byRequest: boolean;
}

/** What the prices of a resource depend on beside itself. */
export interface CostContext {
  usage: Usage;
  resources: readonly PlacedResource[];
  tasks: number;
}

/** @returns what a resource of one type is charged for */
export type PricedType = (resource: PlacedResource, context: CostContext) => Position[];

/** @returns a position that is paid for standing there, or for what is kept */
export const standing = (purpose: Purpose, what: string, quantity: number, price: PriceName): Position => ({
  purpose,
  what,
  quantity,
  price,
  byRequest: false,
});
/** @returns a position that follows the requests */
export const byRequest = (purpose: Purpose, what: string, quantity: number, price: PriceName): Position => ({
  ...standing(purpose, what, quantity, price),
  byRequest: true,
});

/** Hours in which what belongs to a stack stands: the api stack can be taken down, the others stay. */
export const hoursOf = ({ stack }: PlacedResource, { usage }: CostContext) =>
  stack === 'Api' ? usage.hours : HOURS_PER_MONTH;

/** @returns the part of a monthly price that falls to the hours in which the resource stands */
export function shareOfMonth(resource: PlacedResource, context: CostContext, quantity: number): number {
  return (quantity * hoursOf(resource, context)) / HOURS_PER_MONTH;
}

export const dollarsOf = ({ quantity, price }: Position): number => quantity * prices[price].dollars;
