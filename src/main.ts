import { enableCompileCache } from 'node:module';

// Before anything else is imported: compiled code, types stripped, is kept between starts (in the system's temporary directory,
// or where NODE_COMPILE_CACHE says), which halves the time to ready. A directory that can't be written only loses that.
enableCompileCache();

const { run } = await import('./cli.ts');
await run({ args: process.argv.slice(2), env: process.env });
