import { WireFault, type WireReader } from './reader.ts';

/** How deep messages and groups may stand in each other. */
const maxDepth = 100;

const groupStart = 3;
const groupEnd = 4;

/** Passes over the value of an unknown field, whose tag was read. `depth`: of the messages and groups around it. */
export function passOver(reader: WireReader, tag: number, depth: number): void {
  switch (tag & 7) {
    case 0:
      while (reader.byte() > 0x7f);
      break;
    case 1:
      reader.pos += 8;
      break;
    case 2:
      reader.pos = reader.end();
      break;
    case groupStart:
      passOverGroup(reader, tag >>> 3, depth);
      break;
    case 5:
      reader.pos += 4;
      break;
    default:
      throw new WireFault('the end of a group that has not begun');
  }
  if (reader.pos > reader.limit) throw new WireFault('a field beyond the end');
}

function passOverGroup(reader: WireReader, field: number, depth: number): void {
  if (depth >= maxDepth) throw new WireFault('groups too deep in each other');
  for (;;) {
    const tag = reader.tag();
    if ((tag & 7) !== groupEnd) {
      passOver(reader, tag, depth + 1);
    } else if (tag >>> 3 === field) {
      return;
    } else {
      throw new WireFault("another group's end");
    }
  }
}
