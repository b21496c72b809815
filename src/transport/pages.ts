import type { IncomingMessage, ServerResponse } from 'node:http';

export interface PagesOptions {
  /** The exposition, in the format its content type names. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Whether calls are welcome, and the state of each part that has a say in it. */
  readiness(): Readiness;
  onFault(page: string, error: unknown): void;
}

export interface Readiness {
  readonly ready: boolean;
  /** In a word or a sentence each, without a secret: they are shown to whoever asks. */
  readonly parts: Readonly<Record<string, string>>;
}

export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!;
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Render = () => Page | Promise<Page>;

const json = (status: number, value: unknown): Page => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

/** Answers GET /metrics, /healthz and /readyz, and what else is listed; anything else with 404 and a line of JSON. */
export function createPages(
  options: PagesOptions,
  more: Readonly<Record<string, Render>> = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const pages = new Map<string, Render>([
    ['/metrics', async () => ({ status: 200, ...(await options.metrics()) })],
    ['/healthz', () => json(200, { status: 'alive' })],
    [
      '/readyz',
      () => {
        const { ready, parts } = options.readiness();
        return json(ready ? 200 : 503, { ready, parts });
      },
    ],
    ...Object.entries(more),
  ]);

  async function render(path: string, method: string | undefined): Promise<Page> {
    const page = pages.get(path);
    if (page === undefined) return json(404, { code: 'not_found', message: 'nothing is served here' });
    if (method !== 'GET' && method !== 'HEAD') {
      return json(405, { code: 'method_not_allowed', message: 'GET only' });
    }
    try {
      return await page();
    } catch (error) {
      options.onFault(path, error);
      return json(500, { code: 'internal', message: 'internal error' });
    }
  }

  return (request, response) => {
    void render(pathOf(request), request.method).then(({ status, contentType, body }) => {
      if (response.destroyed) return;
      response.writeHead(status, {
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
        ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
      });
      response.end(body);
    });
    // What came with a request to a page is of no interest, but it must be read before the connection serves the next.
    request.resume();
  };
}

/** What is here, for who opens the listener in a browser. */
export function indexPage(rpcPaths: readonly string[]): Render {
  const body = [
    'remora: picks the upstream LLM account for each request.',
    '',
    'GET  /metrics   Prometheus metrics',
    'GET  /healthz   200 while the process lives',
    'GET  /readyz    200 while calls are welcome, else 503',
    '',
    ...rpcPaths.map((path) => `POST ${path}`),
    '',
    "For example: curl --json '{}' http://HOST/remora.v1.RouterService/ListModels",
    '',
  ].join('\n');
  return () => ({ status: 200, contentType: 'text/plain; charset=utf-8', body });
}
