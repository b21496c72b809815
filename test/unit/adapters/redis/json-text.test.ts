import { describe, expect, it } from 'vitest';
import { jsonText } from '../../../../src/adapters/redis/json-text.ts';

describe('JSON for the scripts', () => {
  it('is JSON', () => {
    const value = ['a', 1.5, true, '', ['\0', 'é 🐘', '\\ud800'], '\t"\n'];
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });

  it('names no half of a surrogate pair, however deep', () => {
    expect(JSON.parse(jsonText(['a\ud800', [{ b: '\udc00c' }], '🐘']))).toEqual([
      'a\ufffd',
      [{ b: '\ufffdc' }],
      '🐘',
    ]);
  });
});
