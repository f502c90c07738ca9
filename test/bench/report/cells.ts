import type { Column } from '../suite.js';

export const left = (name: string): Column => ({ name, align: 'left' });
export const right = (name: string): Column => ({ name, align: 'right' });
export const whole = (value: number) => Math.round(value).toLocaleString('en-US');
export const fixed = (value: number, digits = 2) => value.toFixed(digits);
