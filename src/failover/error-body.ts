import { beforeTrailingData, jsonDocuments, startsLikeJson, trailingDataStart } from './error-documents.ts';

/** What an upstream's error answer holds, whatever its shape. */
export interface ErrorBody {
  /** The JSON values of the body, outermost first: those nested as strings in others come after them. */
  readonly documents: readonly unknown[];
  /**
   * Values of `code`, `type`, `status`, `__type`, `reason` and their like, outer before inner, each once, as strings. Those of
   * MiniMax's `base_resp` read `base_resp:1008`, for the same numbers mean other things elsewhere.
   */
  readonly codes: readonly string[];
  /** The provider's own words, joined by line breaks; empty for HTML. */
  readonly message: string;
  readonly html: boolean;
}

const maxBodyLength = 16 * 1024;
const maxDepth = 8;
const maxValues = 512;
const maxTexts = 32;
const maxCodeLength = 128;

// Keys are compared without case, `_` and `-`. Only these are entered or read: an answer may quote the whole request.
const containerKeys = new Set([
  'error',
  'errors',
  'err',
  'detail',
  'details',
  'metadata',
  'response',
  'responsemetadata',
  'baseresp',
  'innererror',
  'cause',
  'fault',
  'exception',
  'raw',
  'data',
  'header',
  'lasterror',
  'statusdetails',
]);
const codeKeys = new Set([
  'code',
  'type',
  'status',
  'reason',
  'error',
  'errorcode',
  'errortype',
  'errcode',
  'errno',
  'statuscode',
  'codename',
  'failurereason',
]);
const messageKeys = new Set([
  'message',
  'msg',
  'error',
  'err',
  'errors',
  'detail',
  'details',
  'errormessage',
  'errormsg',
  'errmsg',
  'errordescription',
  'statusmsg',
  'statusmessage',
  'faultstring',
  'description',
  'title',
  'raw',
  'cause',
  'exception',
]);

/** Reads the first 16 KiB of an error answer. Never throws; takes time in proportion to the length. */
export function readErrorBody(body: string): ErrorBody {
  const text = body.slice(0, maxBodyLength);
  if (isHtml(text)) return { documents: [], codes: [], message: '', html: true };
  const reading: Reading = {
    documents: [],
    codes: new Set(),
    messages: new Set(),
    budget: maxValues,
    texts: maxTexts,
  };
  readText(text, 0, reading);
  return {
    documents: reading.documents,
    codes: [...reading.codes],
    message: [...reading.messages].join('\n'),
    html: false,
  };
}

interface Reading {
  readonly documents: unknown[];
  readonly codes: Set<string>;
  readonly messages: Set<string>;
  /** How many more values are looked at: a body may hold thousands, and none of its errors needs them. */
  budget: number;
  /** How many more texts are searched for JSON. */
  texts: number;
}

/** Reads the documents in a text, and the words around them as the provider's own. */
function readText(text: string, depth: number, reading: Reading): void {
  const documents = depth < maxDepth && reading.texts-- > 0 ? jsonDocuments(text) : [];
  for (const document of documents) {
    reading.documents.push(document);
    walk(document, '', depth + 1, reading);
  }
  const loose = documents.length === 0 ? readLoosely(text, reading) : -1;
  if (documents.length > 0 && startsLikeData(text)) return;
  const words = (loose === -1 ? beforeTrailingData(text) : text.slice(0, loose)).trim();
  if (words !== '') reading.messages.add(words);
}

function walk(value: unknown, parentKey: string, depth: number, reading: Reading): void {
  if (depth > maxDepth || reading.budget-- <= 0) return;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (reading.budget <= 0) return;
      if (typeof item === 'string') readScalar(item, parentKey, parentKey, depth, reading);
      else walk(item, parentKey, depth + 1, reading);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const inner: [key: string, value: object][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (reading.budget-- <= 0) break;
    const name = key.toLowerCase().replaceAll(/[_-]/g, '');
    if (typeof item === 'object' && item !== null) {
      if (containerKeys.has(name)) inner.push([name, item]);
    } else if (typeof item === 'string' || typeof item === 'number') {
      readScalar(item, name, parentKey, depth, reading);
    }
  }
  for (const [key, item] of inner) walk(item, key, depth + 1, reading);
}

function readScalar(
  value: string | number,
  key: string,
  parentKey: string,
  depth: number,
  reading: Reading,
): void {
  const text = String(value).trim();
  if (text === '') return;
  if (codeKeys.has(key) && text.length <= maxCodeLength) {
    reading.codes.add(parentKey === 'baseresp' ? `base_resp:${text}` : text);
  }
  if (typeof value !== 'string' || !messageKeys.has(key)) return;
  readText(text, depth + 1, reading);
}

// Two quotation marks: Python clients print an answer as a dictionary.
const looseField =
  /(["'])(__type|code|type|status|reason|error|message|msg|detail)\1\s*:\s*(?:"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|(-?\d{1,12}))/gs;

/** Takes the known fields of a text that only resembles JSON, and tells where they begin; -1 where there are none. */
function readLoosely(text: string, reading: Reading): number {
  const start = trailingDataStart(text);
  if (start === -1) return -1;
  let found = -1;
  for (const [, , key, double, single, number] of text.slice(start).matchAll(looseField)) {
    if (reading.budget-- <= 0) break;
    found = start;
    const value = (double ?? single ?? number ?? '').replaceAll(/\\(.)/g, '$1').trim();
    const name = key === '__type' ? 'type' : key!;
    if (value === '') continue;
    if (codeKeys.has(name) && value.length <= maxCodeLength) reading.codes.add(value);
    if (number === undefined && messageKeys.has(name)) reading.messages.add(value);
  }
  return found;
}

function isHtml(text: string): boolean {
  return /^\s*<(?:!doctype|html|head|body|\?xml|title|center|h1)\b/i.test(text);
}

function startsLikeData(text: string): boolean {
  return startsLikeJson(text) || /^\s*(?:event:|data:|id:|:)/.test(text);
}
