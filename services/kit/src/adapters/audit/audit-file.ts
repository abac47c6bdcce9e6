import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { CardumeError, messageOf, printable } from '@cardume/client';
import { maxWaitingAuditBytes } from '../../core/limits.ts';

/** Why events are not in the file. */
export type AuditLoss = 'write_failed' | 'queue_full';

/** What an audit file tells its owner. Neither may throw. */
export interface AuditFileEvents {
  /** So many lines are not in the file, and will not be. */
  lost(count: number, loss: AuditLoss, problem: string): void;
  /** Lines are written again, after some were lost. */
  recovered(): void;
}

/**
 * A file that lines are appended to, in the order that they came, in batches. Who moves it away finds a new one in its place
 * with the next line. What cannot be written is lost and told of; the next line that can stands on a line of its own.
 */
export class AuditFile {
  readonly #path: string;
  readonly #events: AuditFileEvents;
  #handle: FileHandle | undefined;
  #lines: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** Whether the file may end in the middle of a line. */
  #isTorn = false;
  #hasFailed = false;

  private constructor(path: string, events: AuditFileEvents, handle: FileHandle) {
    this.#path = path;
    this.#events = events;
    this.#handle = handle;
  }

  /** Opens it; it is made with mode 0600 when absent. @throws CardumeError INVALID_FIELD when that cannot be */
  static async open(path: string, events: AuditFileEvents): Promise<AuditFile> {
    try {
      return new AuditFile(path, events, await openForAppend(path));
    } catch (error) {
      throw CardumeError.invalidField('--audit', `cannot append to ${printable(path)}: ${messageOf(error)}`);
    }
  }

  /** Takes a line, which ends with a line feed. It returns at once. */
  append(line: string): void {
    const lengthBytes = Buffer.byteLength(line);
    if (this.#waitingBytes + lengthBytes > maxWaitingAuditBytes) {
      this.#fail(1, 'queue_full', 'the disk does not keep up');
      return;
    }
    this.#waitingBytes += lengthBytes;
    this.#lines.push(line);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what waits, and closes it. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn of the event loop is written together.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const lines = this.#lines.splice(0);
      const waitingBytes = this.#waitingBytes;
      try {
        await this.#write(lines.join(''));
        if (this.#hasFailed) {
          this.#hasFailed = false;
          this.#events.recovered();
        }
      } catch (error) {
        this.#fail(lines.length, 'write_failed', messageOf(error));
      }
      this.#waitingBytes -= waitingBytes;
    }
  }

  async #write(text: string): Promise<void> {
    const handle = await this.#current();
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    this.#isTorn = true;
    for (let written = 0; written < bytes.length; ) {
      written += (await handle.write(bytes, written)).bytesWritten;
    }
    this.#isTorn = false;
  }

  /** The file that has the name now. */
  async #current(): Promise<FileHandle> {
    const [named, held] = await Promise.all([stat(this.#path).catch(() => undefined), this.#handle?.stat()]);
    const isSame = named !== undefined && named.ino === held?.ino && named.dev === held.dev;
    if (isSame && this.#handle !== undefined) return this.#handle;
    const next = await openForAppend(this.#path);
    await this.#handle?.close().catch(() => undefined);
    this.#handle = next;
    this.#isTorn = false;
    return next;
  }

  #fail(count: number, loss: AuditLoss, problem: string): void {
    this.#hasFailed = true;
    this.#events.lost(count, loss, problem);
  }
}

async function openForAppend(path: string): Promise<FileHandle> {
  // A pipe would keep the server waiting for its reader.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  const handle = await open(path, flags, 0o600);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error('it is not a file');
}
