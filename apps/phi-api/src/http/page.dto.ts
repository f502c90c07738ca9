import { Text, Whole } from './dto-properties.js';

export class PageQueryDto {
  @Text({
    about: '`nextCursor` of the page before.',
    max: 4096,
    pattern: /^[A-Za-z0-9_-]+$/,
    expects: 'a cursor',
  })
  cursor?: string;
  @Whole({
    about: 'Most items of a page; a page may be shorter although more follow.',
    from: 1,
    to: 50,
    example: 20,
    fromText: true,
  })
  limit?: number;
}

export const limitByDefault = 20;
