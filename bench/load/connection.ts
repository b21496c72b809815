import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type FrameHead, FrameReader, frameFlag, frameType } from './frames.ts';
import { encodeHeaderBlock } from './header-block.ts';
import { MessageReader } from './message-reader.ts';
import { Outbox } from './outbox.ts';

/*
 * An HTTP/2 connection that makes gRPC calls and does nothing else: no tables, no Huffman codes, no objects per header, one write
 * per turn. A stock JavaScript client takes as long for a call as the server that is to be measured; this one a tenth of it.
 * What it knows of a call's end: a unary call that ended without a message had a status other than OK.
 */

const maxWindow = 2 ** 31 - 1;
const defaultWindow = 65_535;
/** What was received before the peer gets as much room again. */
const replenishAt = 2 ** 24;

/** What is told of a stream. The message is only good until the call returns. */
export interface StreamEvents {
  message(bytes: Buffer): void;
  ended(): void;
}

interface OpenStream extends StreamEvents {
  readonly reader: MessageReader;
  window: number;
  received: number;
}

interface Held {
  readonly streamId: number;
  readonly bytes: Buffer;
  readonly endStream: boolean;
}

export class Connection {
  readonly #socket: Socket;
  readonly #out: Outbox;
  readonly #authority: string;
  readonly #blocks = new Map<string, Buffer>();
  readonly #streams = new Map<number, OpenStream>();
  readonly #held: Held[] = [];
  readonly #onFault: (error: Error) => void;
  #nextStreamId = 1;
  #window = defaultWindow;
  #streamWindow = defaultWindow;
  #received = 0;
  #closing = false;

  private constructor(socket: Socket, authority: string, onFault: (error: Error) => void) {
    this.#socket = socket;
    this.#out = new Outbox(socket);
    this.#authority = authority;
    this.#onFault = onFault;
    const frames = new FrameReader((head, payload) => this.#take(head, payload));
    socket.on('data', (chunk: Buffer) => frames.take(chunk));
    socket.on('error', (error) => this.#fault(error.message));
    socket.on('close', () => this.#fault('the server closed the connection'));
    this.#out.bytes(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'));
    this.#sendSettings();
    this.#raiseWindow(0, maxWindow - defaultWindow);
  }

  /** `address`: `host:port` or `unix:/path`. `onFault` hears once of a connection that is lost before it is closed. */
  static async open(address: string, onFault: (error: Error) => void): Promise<Connection> {
    const path = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
    const colon = address.lastIndexOf(':');
    const socket =
      path === undefined
        ? connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true })
        : connect({ path });
    await once(socket, 'connect');
    return new Connection(socket, path === undefined ? address : 'localhost', onFault);
  }

  /** Begins a stream. A unary call sends its one message with `endStream`. */
  open(path: string, events: StreamEvents): number {
    const block = this.#blockOf(path);
    const streamId = this.#nextStreamId;
    this.#nextStreamId += 2;
    const reader = new MessageReader(events.message);
    const { message, ended } = events;
    this.#streams.set(streamId, { message, ended, reader, window: this.#streamWindow, received: 0 });
    const { headers: type } = frameType;
    this.#out.frame({ length: block.length, type, flags: frameFlag.endHeaders, streamId }, block);
    return streamId;
  }

  /** `bytes`: whole gRPC messages with their prefixes; copied before this returns. */
  send(streamId: number, bytes: Buffer, endStream: boolean): void {
    if (this.#held.length === 0 && this.#fits(streamId, bytes.length))
      this.#sendNow(streamId, bytes, endStream);
    else this.#held.push({ streamId, bytes: Buffer.from(bytes), endStream });
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #fits(streamId: number, length: number): boolean {
    return length <= this.#window && length <= (this.#streams.get(streamId)?.window ?? 0);
  }

  #sendNow(streamId: number, bytes: Buffer, endStream: boolean): void {
    const { length } = bytes;
    this.#window -= length;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) stream.window -= length;
    const flags = endStream ? frameFlag.endStream : 0;
    this.#out.frame({ length, type: frameType.data, flags, streamId }, bytes);
  }

  #sendHeld(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (!this.#fits(first.streamId, first.bytes.length)) return;
      this.#held.shift();
      this.#sendNow(first.streamId, first.bytes, first.endStream);
    }
  }

  #take(head: FrameHead, payload: Buffer): void {
    const { type, flags, streamId } = head;
    switch (type) {
      case frameType.data:
        this.#takeData(head, payload);
        break;
      case frameType.headers:
        if ((flags & frameFlag.endStream) !== 0) this.#end(streamId);
        break;
      case frameType.rstStream:
        this.#end(streamId);
        break;
      case frameType.settings:
        if ((flags & frameFlag.ack) === 0) this.#takeSettings(payload);
        break;
      case frameType.ping:
        if ((flags & frameFlag.ack) === 0) this.#out.frame({ ...head, flags: frameFlag.ack }, payload);
        break;
      case frameType.goaway:
        this.#fault('the server sent GOAWAY');
        break;
      case frameType.windowUpdate:
        this.#takeWindowUpdate(streamId, payload.readUInt32BE(0));
        break;
    }
  }

  #takeData({ streamId, flags, length }: FrameHead, payload: Buffer): void {
    if ((flags & frameFlag.padded) !== 0) {
      this.#fault('the server pads its frames');
      return;
    }
    this.#received += length;
    if (this.#received > replenishAt) {
      this.#raiseWindow(0, this.#received);
      this.#received = 0;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.received += length;
    if (stream.received > replenishAt) {
      this.#raiseWindow(streamId, stream.received);
      stream.received = 0;
    }
    stream.reader.take(payload);
    if ((flags & frameFlag.endStream) !== 0) this.#end(streamId);
  }

  #end(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#streams.delete(streamId);
    stream.ended();
  }

  #takeSettings(payload: Buffer): void {
    const initialWindowSize = 4;
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== initialWindowSize) continue;
      const size = payload.readUInt32BE(at + 2);
      for (const stream of this.#streams.values()) stream.window += size - this.#streamWindow;
      this.#streamWindow = size;
    }
    this.#out.frame({ length: 0, type: frameType.settings, flags: frameFlag.ack, streamId: 0 });
    this.#sendHeld();
  }

  #takeWindowUpdate(streamId: number, increment: number): void {
    const stream = this.#streams.get(streamId);
    if (streamId === 0) this.#window += increment;
    else if (stream !== undefined) stream.window += increment;
    this.#sendHeld();
  }

  /** No table for the server's headers, no push, and room on each stream for as much as there is. */
  #sendSettings(): void {
    const settings = [
      [1, 0],
      [2, 0],
      [4, maxWindow],
    ] as const;
    const payload = Buffer.alloc(6 * settings.length);
    for (const [index, [name, value]] of settings.entries()) {
      payload.writeUInt16BE(name, 6 * index);
      payload.writeUInt32BE(value, 6 * index + 2);
    }
    this.#out.frame({ length: payload.length, type: frameType.settings, flags: 0, streamId: 0 }, payload);
  }

  #raiseWindow(streamId: number, by: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(by);
    this.#out.frame({ length: 4, type: frameType.windowUpdate, flags: 0, streamId }, payload);
  }

  #blockOf(path: string): Buffer {
    let block = this.#blocks.get(path);
    if (block === undefined) {
      block = encodeHeaderBlock({ path, authority: this.#authority });
      this.#blocks.set(path, block);
    }
    return block;
  }

  #fault(message: string): void {
    if (this.#closing) return;
    this.close();
    this.#onFault(new Error(message));
  }
}
