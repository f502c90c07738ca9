export { classify, type Classification, type InheritedTags, type Tags } from './data-classification.js';
