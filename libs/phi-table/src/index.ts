export {
  PhiTable,
  ConditionFailed,
  TableUnavailable,
  type Attribute,
  type Condition,
  type IndexName,
  type PhiItem,
  type PhiKey,
  type QueryInput,
  type QueryPage,
  type TableName,
  type TableWrite,
} from './phi-table.js';
