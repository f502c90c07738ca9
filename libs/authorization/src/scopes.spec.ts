import { describe, expect, it } from '@jest/globals';
import { type Level, type Permission, Scopes } from './scopes.js';

describe('Scopes', () => {
  // SMART App Launch 2, "Scopes for requesting FHIR resources": <level>/<type>.<permissions>
  it.each<[string, string, Permission, Level[]]>([
    ['system/*.cruds', 'Observation', 'd', ['system']],
    ['user/Patient.rs', 'Patient', 'r', ['user']],
    ['user/Patient.rs', 'Patient', 's', ['user']],
    ['patient/*.r', 'Condition', 'r', ['patient']],
    ['system/Observation.r user/Observation.r', 'Observation', 'r', ['system', 'user']],
    ['user/medical.cu', 'medical', 'u', ['user']],
  ])('%s permits %s.%s', (scope, type, permission, levels) => {
    expect(new Scopes(scope.split(' ')).levels(type, permission)).toEqual(levels);
  });

  it.each<[string, string, Permission]>([
    ['user/Patient.rs', 'Patient', 'u'],
    ['user/Patient.rs', 'Observation', 'r'],
    ['system/*.cruds', 'AuditEvent', 'r'],
    ['system/*.', 'Patient', 'r'],
    ['system/*.sr', 'Patient', 'r'],
    ['system/*.read', 'Patient', 'r'],
    ['admin/*.cruds', 'Patient', 'r'],
    ['user/Observation.rs?category=laboratory', 'Observation', 'r'],
    ['user/.r', 'Patient', 'r'],
    ['SYSTEM/*.r', 'Patient', 'r'],
    ['phi/erase', 'Patient', 'd'],
    ['', 'Patient', 'r'],
  ])('%s does not permit %s.%s', (scope, type, permission) => {
    expect(new Scopes(scope.split(' ')).levels(type, permission)).toEqual([]);
  });

  it('lets AuditEvent be read by its own scope alone', () => {
    expect(new Scopes(['user/AuditEvent.rs']).levels('AuditEvent', 'r')).toEqual(['user']);
  });

  it('opens the door of record routes for any record type, but not for the trail', () => {
    expect(new Scopes(['user/Condition.r']).levelsForAnyType('r')).toEqual(['user']);
    expect(new Scopes(['user/Condition.r']).levelsForAnyType('c')).toEqual([]);
    expect(new Scopes(['user/AuditEvent.rs']).levelsForAnyType('r')).toEqual([]);
  });

  it('knows operations of our own by their whole name', () => {
    const scopes = new Scopes(['phi/erase', 'phi/screen2']);
    expect(scopes.permitsOperation('erase')).toBe(true);
    expect(scopes.permitsOperation('screen')).toBe(false);
    expect(new Scopes(['system/*.cruds']).permitsOperation('erase')).toBe(false);
  });
});
