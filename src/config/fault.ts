/** A step into the configuration: a mapping's key or a list's index. */
export type PathStep = string | number;

/** A fault before it is known where its path stands: in a file, on which line, or in the environment. */
export interface UnplacedFault {
  readonly path: readonly PathStep[];
  readonly problem: string;
}

/** One thing wrong with a configuration. */
export interface Fault {
  /** `accounts[3].limits.rpm`, or the environment variable's name; empty: the file as a whole. */
  readonly path: string;
  /** The file it is in; absent: it is in an environment variable. */
  readonly file?: string;
  /** 1-based; absent where no line is to blame. */
  readonly line?: number;
  /** What is wrong, what is expected, and the fix where it is not plain. Never holds a secret. */
  readonly problem: string;
}

/** `accounts[3].limits.rpm`; a key that is no plain word stands in brackets and quotes: `prices["claude-*"].input`. */
export function pathText(steps: readonly PathStep[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** One line: `remora.yaml:12: accounts[3].limits.rpm: is -1; expected a whole number, 0 or more`. */
export function formatFault(fault: Fault): string {
  const line = fault.line === undefined ? '' : `:${fault.line}`;
  const place = fault.file === undefined ? '' : `${fault.file}${line}: `;
  const path = fault.path === '' ? '' : `${fault.path}: `;
  return `${place}${path}${fault.problem}`;
}
