import type { Holder } from './fhir-content.js';

/** Names that FHIR uses everywhere and that would read as words about a phone. */
const silentNames = new Set(['text', 'contact', 'value', 'item', 'data']);
const longestSiblingUnits = 80;

/** @returns the words of a property name: `socialSecurityNumber`, `social_security-number` */
export function wordsOfName(name: string): string {
  return name
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .trim();
}

/**
 * What the places around a value say about it: its own name, the name of its object, and, where the value is one half of
 * a pair (`{name, value}`, an extension's `{url, valueString}`), the other half.
 */
export function contextOf(holder: Holder, property: string): string {
  const names = [holder.name, property].filter((name) => !silentNames.has(name)).map(wordsOfName);
  if (property.startsWith('value')) {
    for (const sibling of ['url', 'name', 'label', 'key', 'title', 'code', 'system', 'type', 'field']) {
      const other = holder.object[sibling];
      if (typeof other === 'string') names.push(wordsOfName(lastSegment(other).slice(-longestSiblingUnits)));
    }
  }
  return names.join(' ').slice(-longestSiblingUnits).trim();
}

function lastSegment(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
