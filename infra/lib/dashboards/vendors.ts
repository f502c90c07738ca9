import type { Names } from '../names.js';
import { daysLeft, deadlinesOf, type Vendor } from '../vendor-register.js';
import { ofAws } from './aws-metrics.js';
import { colours, type Row } from './definition.js';
import { sum } from './phi-metrics.js';

/** @returns a row with the days that are left of each agreement and review; none if nothing runs out */
export function vendorRows(names: Names, vendors: readonly Vendor[]): Row[] {
  const deadlines = deadlinesOf(vendors);
  if (deadlines.length === 0) return [];
  return [
    {
      height: 4,
      widgets: [
        {
          view: 'singleValue',
          title: 'Vendors with PHI: what runs out',
          unit: 'days left',
          width: 24,
          periodSeconds: 3600,
          series: deadlines.map((deadline) => ({
            expression: daysLeft(deadline, 'clock'),
            using: {
              clock: sum(ofAws('tables', 'ConsumedWriteCapacityUnits', { TableName: names.tables.audit })),
            },
            label: `${deadline.vendor.name}: ${deadline.kind === 'agreement' ? 'agreement ends' : 'review is due'}`,
            color: deadline.kind === 'agreement' ? colours.orange : colours.blue,
          })),
        },
      ],
    },
  ];
}
