import { isLocalAddress, parseListenAddress } from './address.ts';
import type { UnplacedFault } from './fault.ts';
import type { Settings } from './settings.ts';

/** Settings that are valid each by itself but not beside one another. */
export function settingsFaults(settings: Settings): readonly UnplacedFault[] {
  return [...exposure(settings), ...sharedAddresses(settings), ...hintClamps(settings)];
}

/** Credentials may leave the process only where nobody but this machine can ask for them. */
function exposure({ exposeCredentials, listen }: Settings): readonly UnplacedFault[] {
  if (!exposeCredentials) return [];
  const open = [...listen.grpc, listen.http].filter((text) => {
    const address = parseListenAddress(text);
    return address !== undefined && !isLocalAddress(address);
  });
  if (open.length === 0) return [];
  const problem = `is true while ${open.join(', ')} can be reached from other machines; listen on a loopback address or a UNIX socket, or set it to false`;
  return [{ path: ['credentials', 'expose'], problem }];
}

function sharedAddresses({ listen }: Settings): readonly UnplacedFault[] {
  const listeners = [
    ...listen.grpc.map((text, index) => ({ text, path: ['listen', 'grpc', index] })),
    { text: listen.http, path: ['listen', 'http'] },
    ...(listen.metrics === undefined ? [] : [{ text: listen.metrics, path: ['listen', 'metrics'] }]),
  ];
  const seen = new Set<string>();
  return listeners.flatMap(({ text, path }) => {
    // Port 0 is a port of its own each time.
    if (text.endsWith(':0')) return [];
    if (seen.has(text)) return [{ path, problem: `is ${text}, where another listener listens already` }];
    seen.add(text);
    return [];
  });
}

function hintClamps({ cooldown }: Settings): readonly UnplacedFault[] {
  if (cooldown.hintMinMs <= cooldown.hintMaxMs) return [];
  return [{ path: ['cooldown', 'hint_min'], problem: 'is longer than hint_max' }];
}
