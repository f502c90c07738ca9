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
export { LmdbPhiTable, type LmdbPhiTableOptions } from './lmdb-phi-table.js';
export { DynamoDbPhiTable, type DynamoDbPhiTableOptions } from './dynamodb-phi-table.js';
export { tableDefinitions, timeToLive, type TableNames } from './dynamodb-table-definitions.js';
