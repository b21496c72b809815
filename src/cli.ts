import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkConfig } from './config/check.ts';
import { encryptCredential } from './config/encrypt-credential.ts';
import type { Environment } from './config/environment.ts';
import { locateConfig } from './config/locate.ts';
import { nonceBytes } from './config/sealed-credential.ts';

// By name: an import would read all that the module exports, and load WebCrypto for it, 10 ms of a start.
const { randomBytes } = process.getBuiltinModule('node:crypto');

const usage = `remora: picks the upstream LLM account for each request, over gRPC.

  remora [--config FILE]    serve; without --config: REMORA_CONFIG, ./remora.yaml, the example that ships with remora
  remora check FILE         check a configuration and exit: 0 if it is valid, 1 with a line per fault if not
  remora encrypt-credential seal the secret on standard input for the catalog in Postgres, by the key in REMORA_CREDENTIAL_KEY
  remora --help             this text
`;

/** Does what the command line says. Sets the exit code, or ends the process once a server has shut down. */
export async function run({
  args,
  env,
}: {
  readonly args: readonly string[];
  readonly env: Environment;
}): Promise<void> {
  const parsed = parse(args);
  if ('fault' in parsed) {
    process.stderr.write(`remora: ${parsed.fault}\n\n${usage}`);
    process.exitCode = 1;
    return;
  }
  const { values, positionals } = parsed;
  const [command, file, ...rest] = positionals;
  if (values.help) process.stdout.write(usage);
  else if (command === undefined) await serve(values.config, env);
  else if (command === 'check' && file !== undefined && rest.length === 0)
    process.exitCode = checkConfig(file, env, process.stdout);
  else if (command === 'encrypt-credential' && file === undefined) process.exitCode = encrypt(env);
  else {
    const what = command === 'check' ? 'check takes one file' : `unknown command "${command}"`;
    process.stderr.write(`remora: ${what}\n\n${usage}`);
    process.exitCode = 1;
  }
}

/** The server's code is loaded for a server alone. */
async function serve(config: string | undefined, env: Environment): Promise<void> {
  const server = await import('./serve.ts');
  await server.serve(locateConfig({ argument: config, env, workingDirectory: process.cwd() }), env);
}

function encrypt(env: Environment): 0 | 1 {
  const secret = readFileSync(0, 'utf8');
  return encryptCredential({
    secret,
    env,
    nonce: randomBytes(nonceBytes),
    out: process.stdout,
    err: process.stderr,
  });
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
