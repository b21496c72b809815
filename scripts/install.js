// Runs `npm ci` where what is installed is not what package-lock.json asks for: in a fresh clone, and after a pull that changed
// it. Runs before anything is installed, under whatever Node came with npm: plain JavaScript that needs no package.
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Packages by path; none where there is no such file. npm writes the second of the two as it ends an install. */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');

/** A server on a recent Node does without what only development needs, as after `npm ci --omit=dev`. */
const devMayBeAbsent =
  process.env.npm_lifecycle_event === 'prestart' && Number.parseInt(process.versions.node, 10) >= 24;

const missing = Object.entries(wanted).filter(([path, { version, dev, optional, devOptional }]) => {
  // The first entry is this package itself; an optional one is installed where the platform is its own.
  if (path === '' || (installed[path] === undefined && optional)) return false;
  if (installed[path] === undefined && (dev || devOptional) && devMayBeAbsent) return false;
  return installed[path]?.version !== version;
});

/** False where it failed; what it wrote on its errors' stream has said why. */
function succeeds(command, stderr) {
  try {
    execSync(command, { stdio: ['ignore', 'ignore', stderr] });
    return true;
  } catch {
    return false;
  }
}

if (missing.length > 0) {
  console.error(`Installing ${missing.length} packages, once (npm ci) ...`);
  // Errors alone: on Node 20 npm warns of every package that wants a newer one, and the newer one is among the packages.
  const done = succeeds('npm ci --loglevel=error --no-audit --no-fund', 'inherit');
  // Leaves what reads the configuration compiled in Node's cache, for a quicker first start. Nothing is lost where it fails.
  if (done) succeeds('node src/main.js check examples/remora.yaml', 'ignore');
  else process.exitCode = 1;
}
