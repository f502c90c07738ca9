export { problemTypes, type ProblemType } from './problem-types.js';
export { invalidField, Problem, problemDocument, type FieldError, type FindingSummary } from './problem.js';
export { ProblemDetailsFilter, RefusalRecorder, answerRefusal, asProblem } from './problem-details.filter.js';
export { Holds, validateDto } from './validation.js';
