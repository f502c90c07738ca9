import type { Condition, PhiItem } from './phi-table.js';

/** Whether a condition holds of what is stored; DynamoDB evaluates the same as an expression. */
export function holds(condition: Condition, stored: (() => PhiItem) | undefined): boolean {
  switch (condition.type) {
    case 'absent':
      return stored === undefined;
    case 'present':
      return stored !== undefined;
    case 'absent-or-expired': {
      if (!stored) return true;
      const { expiresAt } = stored();
      return expiresAt !== undefined && expiresAt < condition.nowSeconds;
    }
    case 'equals': {
      if (!stored) return false;
      const { attributes } = stored();
      return (
        Object.hasOwn(attributes, condition.attribute) && attributes[condition.attribute] === condition.value
      );
    }
  }
}
