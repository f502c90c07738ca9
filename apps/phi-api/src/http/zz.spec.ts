import { it, expect } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { validateDto } from '@app/problem-details';
import { repeatsName } from './json-body.js';
import { PatientDto } from '../patients/patient.dto.js';
import { wholePatient } from '../../../../test/support/sample-patient.js';
it('x', () => {
  const text = JSON.stringify(wholePatient('x'));
  const run = (name: string, f: () => unknown) => { for (let i = 0; i < 3000; i++) f(); const t = performance.now(); for (let i = 0; i < 3000; i++) f(); process.stdout.write(`${name} ${text.length} B: ${((performance.now() - t) / 3).toFixed(1)} us\n`); };
  run('repeatsName', () => repeatsName(text));
  run('JSON.parse', () => JSON.parse(text));
  run('validate', () => validateDto(PatientDto, JSON.parse(text)));
  expect(1).toBe(1);
});
