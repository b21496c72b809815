import { describe, expect, it } from 'vitest';
import { broadCodes, genericCodes } from '../../../src/failover/codes-broad.ts';
import { namedCodes } from '../../../src/failover/codes-named.ts';
import { readErrorBody } from '../../../src/failover/error-body.ts';
import { maskQuotedText } from '../../../src/failover/quoted-text.ts';
import { statusNamedIn } from '../../../src/failover/status.ts';
import { plainWords, reasonOfWords } from '../../../src/failover/words.ts';

describe('readErrorBody', () => {
  it.each([
    ['an object', '{"error":{"type":"a","message":"m"}}', ['a'], 'm'],
    ['an array', '[{"error":{"code":429,"status":"B","message":"m"}}]', ['429', 'B'], 'm'],
    ['an event stream', 'event: error\ndata: {"error":{"type":"a","message":"m"}}\n\n', ['a'], 'm'],
    ['lines', '{"id":1}\n{"error":{"type":"a","message":"m"}}', ['a'], 'm'],
    [
      'JSON in a string',
      '{"error":{"code":1,"message":"o","metadata":{"raw":"{\\"code\\":2,\\"message\\":\\"i\\"}"}}}',
      ['1', '2'],
      'o\ni',
    ],
    ['words, then JSON', 'failed: {"error":{"type":"a","message":"m"}}', ['a'], 'm\nfailed:'],
    [
      'a printed dictionary',
      "failed - {'error': {'type': 'a', 'message': \"it's\"}}",
      ['a'],
      "it's\nfailed -",
    ],
    ['a cut string', '{"error":{"type":"a","message":"the beginn', ['a'], 'the beginn'],
    ['a cut escape', '{"error":{"type":"a","message":"x\\u00', ['a'], 'x'],
    ['an escaped backslash at the cut', '{"message":"x\\\\', [], 'x\\'],
    ['a cut key', '{"error":{"type":"a","mess', ['a'], ''],
    ['a cut number', '{"error":{"type":"a","code":42', ['a'], ''],
    ['a list of details', '{"detail":[{"type":"missing","msg":"m","input":{"code":"b"}}]}', ['missing'], 'm'],
    ['MiniMax numbers', '{"base_resp":{"status_code":1008,"status_msg":"m"}}', ['base_resp:1008'], 'm'],
    ['an error that is a word', '{"code":"a b","error":"m"}', ['a b', 'm'], 'm'],
    ['other spellings of the keys', '{"Error":{"ErrorCode":"a","Message":"m"}}', ['a'], 'm'],
    ['plain text', 'stream timeout', [], 'stream timeout'],
    ['a bracket that opens no JSON', '[429] too many', [], '[429] too many'],
    ['an echoed request', '{"request":{"error":{"code":"b"}},"message":"m"}', [], 'm'],
    ['nothing', '', [], ''],
  ] as const)('reads %s', (_, body, codes, message) => {
    const read = readErrorBody(body);
    expect({ codes: read.codes, message: read.message }).toEqual({ codes, message });
  });

  it('takes quoted JSON in a message for words', () => {
    const message = `bad value: 'so {"error": {"code": "insufficient_quota"}}'`;
    expect(readErrorBody(JSON.stringify({ message })).codes).toEqual([]);
    expect(readErrorBody(message).codes).toEqual([]);
  });

  it('knows HTML and takes no words from it', () => {
    expect(readErrorBody(' <!DOCTYPE html><title>rate limit</title>')).toEqual({
      documents: [],
      codes: [],
      message: '',
      html: true,
    });
  });

  it('gives the documents outermost first', () => {
    expect(readErrorBody('{"message":"{\\"a\\":1}"}').documents).toEqual([{ message: '{"a":1}' }, { a: 1 }]);
  });
});

describe('maskQuotedText', () => {
  it.each([
    ["the model's limit isn't users' fault", "the model's limit isn't users' fault"],
    ['a "b" c', 'a c'],
    ["a 'it's b' c", 'a c'],
    ['a `b` c ```d ` e``` f', 'a c f'],
    ['a “b” c 「d」 e «f» g', 'a c e g'],
    ['a "b said "c" d" e', 'a e'],
    ['a "b \\"c\\" d" e', 'a e'],
    ["a b'c' u'd' e", 'a b u e'],
    ['a "unclosed b', 'a '],
  ])('%s', (text, rest) => {
    expect(maskQuotedText(text).replaceAll(/\s+/g, ' ')).toBe(rest);
  });
});

describe('statusNamedIn', () => {
  it.each([
    ['status: 429', 429],
    ['status code 503', 503],
    ['statuscode=502', 502],
    ['"status_code": 500', 500],
    ['with status 404', 404],
    ['a status of 401', 401],
    ['http/1.1 403 ', 403],
    ['http/2 529', 529],
    ['(http 504)', 504],
    ['http error: 429', 429],
    ['http error: status 429 - x', 429],
    ['error code: 402 - {', 402],
    ['returned 404 not found', 404],
    ['429 lines and 503 words', undefined],
    ['limit 500 exceeded', undefined],
    ['status 4290', undefined],
    ['status 200', undefined],
    ['exit status 404', undefined],
    ['error code: 1015', undefined],
  ])('%s: %s', (words, status) => {
    expect(statusNamedIn(words)).toBe(status);
  });
});

describe('words', () => {
  const any = () => true;

  it('are found from the start of a word only', () => {
    expect(reasonOfWords(plainWords('separate limits'), any)).toBeUndefined();
    expect(reasonOfWords(plainWords('xx, rate limits'), any)?.reason).toBe('RATE_LIMIT');
  });

  it('are the strongest reason first', () => {
    expect(reasonOfWords(plainWords('rate limit: insufficient balance'), any)?.reason).toBe('BILLING');
  });

  it('may stand apart, though not far', () => {
    const far = `model ${'x'.repeat(100)} does not exist`;
    expect(reasonOfWords(plainWords('The Model x does\n not exist'), any)?.reason).toBe('MODEL_NOT_FOUND');
    expect(reasonOfWords(plainWords(far), any)).toBeUndefined();
  });
});

describe('the tables', () => {
  it('give no name two meanings', () => {
    const meanings = new Map<string, string>();
    for (const table of [...namedCodes, broadCodes, genericCodes]) {
      for (const [name, reason] of Object.entries(table)) {
        const folded = name.toLowerCase().replaceAll(/[\s_.-]/g, '');
        expect([name, meanings.get(folded) ?? reason]).toEqual([name, reason]);
        meanings.set(folded, reason);
      }
    }
  });
});
